/**
 * Runs one transform compiled from TypeScript. It has no permissions and never yields to the event
 * loop, so a transform's asynchronous work never runs.
 * @module
 */
import { harden, HostPipe } from "@ssmd/sandbox/host";
import { outputOfCall } from "./outputs.ts";
import { serveTransform } from "./serve_transform.ts";

const pipe = new HostPipe();
const { exit, memoryUsage } = Deno;
const now = performance.now.bind(performance);
// Keep the constructor before the globals are removed.
const MakeFunction = Function;

// Formats contain times, so transforms may use `Date`.
harden([], ["Date"]);
serveTransform({ pipe, memoryUsage, now }, (code) => {
  const transform: unknown = new MakeFunction(code)();
  if (typeof transform !== "function") {
    throw new TypeError("its default export is no function of a record");
  }
  return (records) => records.map((record) => outputOfCall(() => transform(record)));
});
exit(0);
