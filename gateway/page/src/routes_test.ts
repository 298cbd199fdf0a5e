import assert from "node:assert/strict";
import { hashOf, type Route, routeOf } from "./routes.ts";

Deno.test("every place has an address that leads back to it", () => {
  const routes: Route[] = [
    { view: "markets" },
    { view: "feeds" },
    { view: "clients" },
    { view: "market", symbol: "BTCUSD" },
    { view: "market", symbol: "KX/A-26.5 %?#", feed: "kal shi" },
  ];
  for (const route of routes) assert.deepEqual(routeOf(hashOf(route)), route);
});

Deno.test("an address that names nothing is the list of markets", () => {
  for (const hash of ["", "#", "#/", "#/nothing", "#/market", "#/market/"]) {
    assert.deepEqual(routeOf(hash), { view: "markets" });
  }
  assert.deepEqual(routeOf("#/market/%E0%A4%A"), { view: "market", symbol: "%E0%A4%A" });
});
