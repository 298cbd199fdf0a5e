import type { Cache } from "@ssmd/cache";
import { DAY_STATES, daysKey, type TradingDayStatus } from "@ssmd/market";
import { z } from "zod";
import type { MarketData } from "../../state/market_data.ts";
import { EntitledMarkets } from "../../state/entitled_markets.ts";
import { json } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import { named } from "../../http/named.ts";

const MOMENT = z.number().nullable();

const TRADING_DAYS = named(
  "TradingDays",
  "The newest trading days of each feed, by its calendar; none where no process starts and ends them.",
  z.strictObject({
    days: z.array(z.strictObject({
      feed: z.string(),
      day: z.string().describe("Label from the feed's calendar, YYYY-MM-DD."),
      state: z.enum(DAY_STATES),
      active_at: MOMENT.describe("ms since 1970; null = never active."),
      complete_at: MOMENT.describe("ms since 1970; null = not complete."),
      why: z.string().nullable().describe("Reason of the state error or failed."),
    })),
  }),
);

/** Returns the route of trading days, which the job runner writes to the cache. */
export function dayRoutes(
  { data, cache }: { data: MarketData; cache: Cache | undefined },
): Route[] {
  return [
    route({
      path: "/v1/days",
      id: "listTradingDays",
      tag: "Markets",
      summary: "Lists trading days of feeds with their states",
      answers: { 200: { schema: TRADING_DAYS, example: { days: [EXAMPLE] } } },
      handler: async ({ access }) => {
        const feeds = [...new EntitledMarkets(data, access).feeds()];
        const texts = await cache?.getMany(feeds.map(({ id }) => daysKey(id))).catch(() => []);
        const days = (texts ?? []).flatMap((text) =>
          text === undefined ? [] : JSON.parse(text) as TradingDayStatus[]
        );
        return json({ days: days.map(viewOf) });
      },
    }),
  ];
}

const EXAMPLE = {
  ...{ feed: "kraken", day: "2026-08-01", state: "active" as const },
  ...{ active_at: 1785542400000.123, complete_at: null, why: null },
};

function viewOf({ feed, day, state, activeAtUs, completeAtUs, error }: TradingDayStatus) {
  return {
    ...{ feed, day, state },
    active_at: activeAtUs === null ? null : activeAtUs / 1000,
    complete_at: completeAtUs === null ? null : completeAtUs / 1000,
    why: error?.message ?? null,
  };
}
