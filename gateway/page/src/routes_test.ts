import assert from "node:assert/strict";
import { hashOf, type Route, routeOf } from "./routes.ts";

Deno.test("every view has an address that leads back to it", () => {
  const routes: Route[] = [
    { view: "markets" },
    { view: "feeds" },
    { view: "clients" },
    { view: "market", symbol: "BTCUSD" },
    { view: "market", symbol: "KX/A-26.5 %?#", feed: "kal shi" },
    { view: "market", symbol: "BTCUSD", interval: "5s", spanMs: 900_000 },
    { view: "market", symbol: "BTCUSD", over: ["vwap", "log"], versus: "KX/A-26.5 %?#&" },
    { view: "market", symbol: "A", feed: "b", spanMs: 60_000, toMs: Date.UTC(2026, 7, 1, 12, 30) },
  ];
  for (const route of routes) assert.deepEqual(routeOf(hashOf(route)), route);
});

Deno.test("an address that names nothing is the list of markets", () => {
  for (const hash of ["", "#", "#/", "#/nothing", "#/market", "#/market/"]) {
    assert.deepEqual(routeOf(hash), { view: "markets" });
  }
  assert.deepEqual(routeOf("#/market/%E0%A4%A"), { view: "market", symbol: "%E0%A4%A" });
});

Deno.test("what an address says wrongly about the chart is as if it were not there", () => {
  const market = { view: "market", symbol: "A" };
  assert.deepEqual(routeOf("#/market/A?interval=7m&span=0s&to=never&over=all&versus="), market);
});
