import assert from "node:assert/strict";
import { startSimulator } from "../mod.ts";
import { KalshiListing } from "./listing.ts";

interface Range {
  start: string;
  end: string;
  step: string;
}

Deno.test("kalshi: every price of a book lies on the grid that REST tells of its market", async () => {
  const simulator = await startSimulator({ venue: "kalshi", source: { type: "model", seed: 1 } });
  const get = async (path: string) =>
    await (await fetch(`http://127.0.0.1:${simulator.port}/trade-api/v2/markets${path}`)).json();
  const { markets } = await get("");
  const structures = new Set<string>();
  for (const { ticker, price_level_structure, price_ranges } of markets) {
    structures.add(price_level_structure);
    const isOnGrid = (price: number) =>
      price_ranges.some(({ start, end, step }: Range) => {
        const [from, to, by] = [start, end, step].map((text) => Math.round(Number(text) * 1e4));
        return from !== undefined && price >= from && price <= Number(to) &&
          (price - from) % Number(by) === 0;
      });
    const { orderbook_fp: { yes_dollars, no_dollars } } = await get(`/${ticker}/orderbook`);
    for (const [price] of [...yes_dollars, ...no_dollars]) {
      assert.ok(isOnGrid(Math.round(Number(price) * 1e4)), `${ticker} ${price}`);
    }
  }
  assert.deepEqual([...structures].sort(), ["deci_cent", "linear_cent", "tapered_deci_cent"]);
  await simulator.close();
});

Deno.test("kalshi: REST tells a new grid whole, its name with its ranges", () => {
  const listing = new KalshiListing();
  listing.add("KXA-1-T1", 0);
  const grid = {
    price_level_structure: "deci_cent",
    price_ranges: [{ start: "0.0000", end: "1.0000", step: "0.0010" }],
  };
  const event_type = "price_level_structure_updated";
  listing.note({ market_ticker: "KXA-1-T1", event_type, ...grid }, 1);
  const [market] = listing.catalogue.markets;
  assert.deepEqual(
    { price_level_structure: market?.price_level_structure, price_ranges: market?.price_ranges },
    grid,
  );
});
