import { z } from "zod";
import { CREDENTIALS } from "./environment_key.ts";
import { TLS_TO_SERVER } from "./environment_tls.ts";
import { fields, oneOf, plainText, text } from "./shape.ts";

/** Job scheduler of an environment, which dispatches due jobs to workers. */
export const SCHEDULER = oneOf([
  fields({
    type: z.literal("embedded").describe(
      "A file in the data folder; `up` or a worker runs the jobs",
    ),
  }),
  fields({
    type: z.literal("temporal").describe(
      "A Temporal server; only `deno task worker` runs the jobs",
    ),
    address: text(/^(\[[\da-fA-F:]+\]|[\w.-]+):\d{1,5}$/, "host:port, like 127.0.0.1:7233")
      .describe("Its gRPC frontend, host:port"),
    namespace: plainText.exactOptional().describe("Namespace; absent = default"),
    task_queue: plainText.exactOptional()
      .describe("Task queue, for this environment only; absent = ssmd- and the environment's name"),
    tls: TLS_TO_SERVER.exactOptional().describe(
      "TLS to the server, {} = with defaults; absent = unencrypted",
    ),
    credentials: CREDENTIALS.exactOptional()
      .describe("api_key → reference $key:name.field; only with tls"),
  }),
]);

/** Settings as in {@linkcode SCHEDULER}. */
export type SchedulerSpec = z.output<typeof SCHEDULER>;
