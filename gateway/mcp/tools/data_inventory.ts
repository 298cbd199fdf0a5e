import { z } from "zod";
import { cursorOf, valueOfCursor } from "../../http/cursor.ts";
import { fitting, type Found } from "../answer.ts";
import { type Json, listIn } from "../../http/ask.ts";
import { defineTool } from "../tool.ts";
import { CURSOR, FEED, FROM, limit, TO } from "./arguments.ts";
import { notesOf } from "./condition.ts";

const PAGE_CURSOR = z.tuple([z.string(), z.int()]);

/** Tool for the archive's inventory. */
export const DATA_INVENTORY = defineTool({
  name: "data_inventory",
  role: "viewer",
  description: "Archived days: records, bytes, gaps, quality 0-1.",
  input: { feed: FEED, from: FROM, to: TO, limit: limit(20), cursor: CURSOR },
  run: async ({ limit: most, cursor, ...query }, ask) => {
    const answer = await ask({ path: "/v1/meta/inventory", query });
    const days = listIn(answer, "days").toSorted(byDay);
    const start = cursor === undefined ? 0 : startOf(days, cursor);
    const page = days.slice(start, start + most);
    const found = (kept: readonly Json[]) =>
      inventoryFound(answer, kept, start + kept.length < days.length);
    return fitting(page, found).answer;
  },
});

function byDay(a: Json, b: Json): number {
  const [left, right] = [`${a["day"]} ${a["feed"]}`, `${b["day"]} ${b["feed"]}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Returns the index after the day in a cursor. Throws a Problem (400) for an invalid cursor. */
function startOf(days: readonly Json[], cursor: string): number {
  const [key, shown] = valueOfCursor(cursor, PAGE_CURSOR);
  const at = days.findIndex((day) => keyOf(day) === key);
  return at < 0 ? shown : at + 1;
}

function keyOf({ day, feed, version }: Json): string {
  return `${day} ${feed} ${version}`;
}

function inventoryFound(answer: Json, days: readonly Json[], isMore: boolean): Found {
  const last = days.at(-1);
  const hasGaps = days.some(({ gaps }) => Number(gaps) > 0);
  return {
    data: {
      ...{ from: answer["from"], to: answer["to"], total: answer["total"] },
      days: days.map(({ types, ...day }) => ({
        ...day,
        types: Object.fromEntries(
          (Array.isArray(types) ? types : []).map(({ type, records }) => [type, records]),
        ),
      })),
    },
    condition: days.length === 0 ? "empty" : hasGaps ? "gaps" : "complete",
    notes: notesOf(answer),
    ...(isMore && last !== undefined ? { nextCursor: cursorOf([keyOf(last), days.length]) } : {}),
  };
}
