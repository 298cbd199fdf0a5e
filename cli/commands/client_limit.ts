import { z } from "zod";
import { CLIENT_FLAGS } from "../client/flags.ts";
import { limitArgs, showOrSetLimit } from "../client/limit.ts";
import { defineCommand } from "../command/define.ts";
import { oneRow } from "../command/table.ts";

/** Maximum number of open sessions counted. */
const COUNTED_MAX = 100_000;

export default defineCommand({
  name: "client limit",
  brief: "Show or set how many streams a client may have open",
  description: "One stream more is refused with 429 SESSION_LIMIT. Open streams stay open.",
  changes: ({ args: [, value] }) => value === undefined ? undefined : "client-actions",
  examples: ["ssmd client limit desk", "ssmd client limit desk 5", "ssmd client limit desk none"],
  flags: CLIENT_FLAGS,
  args: limitArgs("Concurrent streams"),
  output: z.object({ client: z.string(), sessions_max: z.int().nullable(), sessions: z.int() }),
  table: oneRow,
  run: ({ flags, args: [client, value], context }) =>
    showOrSetLimit(context, flags, {
      ...{ verb: "limit", limit: "sessionsMax", client, value },
      view: async ({ store }, most) => {
        const open = await store.sessions({ client, openOnly: true, limit: COUNTED_MAX });
        return { client, sessions_max: most, sessions: open.length };
      },
    }),
});
