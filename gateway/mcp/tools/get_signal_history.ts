import { z } from "zod";
import { pathOf } from "../../http/ask.ts";
import { defineTool } from "../tool.ts";
import { CURSOR, FEED, FROM, limit, TO } from "./arguments.ts";
import { newestMs, notesOf, pageCondition } from "./condition.ts";
import { askPage } from "./paged.ts";

/** Tool that lists fires of a signal. */
export const GET_SIGNAL_HISTORY = defineTool({
  name: "get_signal_history",
  role: "viewer",
  description: "Fires of a signal, newest first.",
  input: {
    id: z.string(),
    symbol: z.string().optional(),
    feed: FEED,
    from: FROM,
    to: TO,
    limit: limit(20),
    cursor: CURSOR,
  },
  run: ({ id, ...query }, ask) =>
    askPage(ask, {
      request: { path: pathOf("/v1/signals", id, "/fires"), query },
      list: "fires",
      found: (fires, answer) => ({
        data: {
          signal: answer["signal"],
          fires: fires.map(({ type: _, signal: __, ...fire }) => fire),
        },
        condition: pageCondition(answer, fires.length),
        newestMs: newestMs(fires, "recv_ts"),
        notes: notesOf(answer),
      }),
    }),
});
