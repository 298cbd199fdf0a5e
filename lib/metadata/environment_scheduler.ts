import { z } from "zod";
import { fields, oneOf, plainText, text } from "./shape.ts";

/** Who keeps jobs and schedules, and tells a worker what is due. */
export const SCHEDULER = oneOf([
  fields({
    type: z.literal("embedded").describe("A file of the data folder; `up` or a worker runs them"),
  }),
  fields({
    type: z.literal("temporal").describe("A Temporal server; only `deno task worker` runs them"),
    address: text(/^(\[[\da-fA-F:]+\]|[\w.-]+):\d{1,5}$/, "host:port, like 127.0.0.1:7233")
      .describe("Its gRPC frontend, host:port"),
    namespace: plainText.exactOptional().describe("Absent = default"),
    task_queue: plainText.exactOptional()
      .describe("Of this environment alone; absent = ssmd- and the environment's name"),
  }),
]);

/** As {@linkcode SCHEDULER}. */
export type SchedulerSpec = z.output<typeof SCHEDULER>;
