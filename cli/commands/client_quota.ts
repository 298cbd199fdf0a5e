import { z } from "zod";
import { todayUtc } from "@ssmd/metadata";
import { CLIENT_FLAGS } from "../client/flags.ts";
import { limitArgs, showOrSetLimit } from "../client/limit.ts";
import { defineCommand } from "../command/define.ts";
import { oneRow } from "../command/table.ts";

export default defineCommand({
  name: "client quota",
  brief: "Show or set how many messages a client may get per day",
  description:
    "Counts messages on streams from 00:00 UTC. The client gets a warning at 80 and 95 " +
    "percent. At the limit its streams are closed with QUOTA_EXCEEDED until the next day; " +
    "REST requests are still answered.",
  changes: ({ args: [, value] }) => value === undefined ? undefined : "client-actions",
  examples: ["ssmd client quota desk", "ssmd client quota desk 5000000"],
  flags: CLIENT_FLAGS,
  args: limitArgs("Messages per day"),
  output: z.object({
    client: z.string(),
    messages_per_day_max: z.int().nullable(),
    day: z.string(),
    used: z.int(),
    left: z.int().nullable(),
  }),
  table: oneRow,
  run: ({ flags, args: [client, value], context }) =>
    showOrSetLimit(context, flags, {
      ...{ verb: "quota", limit: "messagesPerDayMax", client, value },
      view: async ({ store }, most) => {
        const day = todayUtc();
        const counts = await store.usage({ client, fromDay: day, toDay: day });
        const used = counts.filter(({ type }) => type !== "request")
          .reduce((sum, { messages }) => sum + messages, 0);
        const left = most === null ? null : Math.max(0, most - used);
        return { client, messages_per_day_max: most, day, used, left };
      },
    }),
});
