/**
 * Preloaded into a process of ours, for faults that nothing outside can make: its clocks can be ahead
 * (`_set_clock.ts`), its spool is given up above a few bytes, and SIGUSR2 makes an error that nobody catches.
 * @module
 */
import { LIMITS } from "@ssmd/runtime";
import "./_set_clock.ts";

Object.assign(LIMITS, { spoolBytesMax: 1 });
Deno.addSignalListener("SIGUSR2", () => {
  throw new Error("an error of the test that nobody catches");
});
