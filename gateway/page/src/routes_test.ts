import assert from "node:assert/strict";
import { hashOf, type Place, placeOf } from "./routes.ts";

Deno.test("every place has an address that leads back to it", () => {
  const places: Place[] = [
    { view: "markets" },
    { view: "feeds" },
    { view: "clients" },
    { view: "market", symbol: "BTCUSD" },
    { view: "market", symbol: "KX/A-26.5 %?#", feed: "kal shi" },
  ];
  for (const place of places) assert.deepEqual(placeOf(hashOf(place)), place);
});

Deno.test("an address that names nothing is the list of markets", () => {
  for (const hash of ["", "#", "#/", "#/nothing", "#/market", "#/market/"]) {
    assert.deepEqual(placeOf(hash), { view: "markets" });
  }
  assert.deepEqual(placeOf("#/market/%E0%A4%A"), { view: "market", symbol: "%E0%A4%A" });
});
