import assert from "node:assert/strict";
import { chartOf } from "./sql_chart.ts";

const TIME = { name: "minute", type: "TIMESTAMP WITH TIME ZONE" };
const NAME = { name: "symbol", type: "VARCHAR" };
const PRICE = { name: "price", type: "DOUBLE" };

Deno.test("a number by the time is a line, by a name bars; what has none is no chart", () => {
  const line = chartOf([TIME, PRICE], [["a", 1], ["b", null]]);
  assert.deepEqual(line, {
    kind: "line",
    title: "price by minute",
    points: [{ label: "a", value: 1 }, { label: "b", value: null }],
  });
  assert.equal(chartOf([PRICE, NAME], [[1, "a"], [2, "b"]])?.kind, "bars");
  assert.equal(chartOf([NAME], [["a"], ["b"]]), undefined);
  assert.equal(chartOf([NAME, PRICE], [["a", 1]]), undefined);
});
