/**
 * Runs one transform that was TypeScript. It has no permission, and never gives its thread away: what
 * a transform begins asynchronously does not happen.
 * @module
 */
import { harden, HostPipe } from "@ssmd/sandbox/host";
import { outputOfCall } from "./outputs.ts";
import { serveTransform } from "./serve_transform.ts";

const pipe = new HostPipe();
const { exit, memoryUsage } = Deno;
const now = performance.now.bind(performance);
// The name is taken before the global objects are.
const MakeFunction = Function;

// Formats have times in them: a transform may know the time, and nothing comes of it.
harden([], ["Date"]);
serveTransform({ pipe, memoryUsage, now }, (code) => {
  const transform: unknown = new MakeFunction(code)();
  if (typeof transform !== "function") {
    throw new TypeError("its default export is no function of a record");
  }
  return (records) => records.map((record) => outputOfCall(() => transform(record)));
});
exit(0);
