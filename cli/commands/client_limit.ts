import type { Command } from "@stricli/core";
import { limitCommand } from "../client/limit_command.ts";
import type { SsmdContext } from "../context.ts";

/** Open sessions that are counted at most. */
const COUNTED_MAX = 100_000;

/** `ssmd client limit` */
export const command: Command<SsmdContext> = limitCommand({
  verb: "limit",
  brief: "Show or set how many streams a client may have open",
  more: "A further one is refused with 429 SESSION_LIMIT. Streams that are open stay open.",
  examples: ["ssmd client limit desk", "ssmd client limit desk 5", "ssmd client limit desk none"],
  counted: "Streams at once",
  limit: "sessionsMax",
  view: async ({ store }, client, most) => {
    const open = await store.sessions({ client, openOnly: true, limit: COUNTED_MAX });
    return { sessions_max: most, sessions: open.length };
  },
});
