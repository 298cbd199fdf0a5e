import { z } from "zod";
import { CLIENT_FLAGS } from "../client/flags.ts";
import { limitArgs, showOrSetLimit } from "../client/limit.ts";
import { defineCommand } from "../command/define.ts";
import { oneRow } from "../command/table.ts";

export default defineCommand({
  name: "client rate-limit",
  brief: "Show or set how many requests per second a client may send",
  description:
    "Counts REST requests and requests on streams together, over all connections; bursts of " +
    "twice as many pass. A request beyond the limit is refused with 429 RATE_LIMITED. none = " +
    "100 per second.",
  changes: ({ args: [, value] }) => value === undefined ? undefined : "client-actions",
  examples: ["ssmd client rate-limit desk", "ssmd client rate-limit desk 20"],
  flags: CLIENT_FLAGS,
  args: limitArgs("Requests per second"),
  output: z.object({ client: z.string(), requests_per_second_max: z.int().nullable() }),
  table: oneRow,
  run: ({ flags, args: [client, value], context }) =>
    showOrSetLimit(context, flags, {
      ...{ verb: "rate-limit", limit: "requestsPerSecondMax", client, value },
      view: (_clients, most) => Promise.resolve({ client, requests_per_second_max: most }),
    }),
});
