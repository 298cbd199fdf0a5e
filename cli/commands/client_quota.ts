import type { Command } from "@stricli/core";
import { todayUtc } from "@ssmd/metadata";
import { limitCommand } from "../client/limit_command.ts";
import type { SsmdContext } from "../context.ts";

/** `ssmd client quota` */
export const command: Command<SsmdContext> = limitCommand({
  verb: "quota",
  brief: "Show or set how many messages a day a client may get",
  more:
    "Messages on streams count, from 00:00 UTC. The client is told at 80 and 95 percent; at the " +
    "limit its streams are closed with QUOTA_EXCEEDED until the next day, while REST goes on.",
  examples: ["ssmd client quota desk", "ssmd client quota desk 5000000"],
  counted: "Messages a day",
  limit: "messagesPerDayMax",
  view: async ({ store }, client, most) => {
    const day = todayUtc();
    const counts = await store.usage({ client, fromDay: day, toDay: day });
    const used = counts.filter(({ type }) => type !== "request")
      .reduce((sum, { messages }) => sum + messages, 0);
    return {
      messages_per_day_max: most,
      day,
      used,
      left: most === null ? null : Math.max(0, most - used),
    };
  },
});
