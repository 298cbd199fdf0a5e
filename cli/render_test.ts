import assert from "node:assert/strict";
import { parse } from "yaml";
import { render, type Rendered } from "./render.ts";

const RESULT: Rendered = {
  value: [{ name: "kraken", symbols: 3 }, { name: "kalshi", symbols: 1200 }],
  rows: [
    { name: "kraken", symbols: 3, note: "a long note that needs much more room than there is" },
    { name: "kalshi", symbols: 1200, note: undefined },
  ],
};

Deno.test("json and yaml print the value, whatever the table shows", () => {
  assert.deepEqual(JSON.parse(render(RESULT, "json")), RESULT.value);
  assert.deepEqual(parse(render(RESULT, "yaml")), RESULT.value);
});

Deno.test("a table that is piped is not shortened; numbers stand right", () => {
  assert.equal(
    render(RESULT, "table", undefined),
    "NAME    SYMBOLS  NOTE\n" +
      "kraken        3  a long note that needs much more room than there is\n" +
      "kalshi     1200  -\n",
  );
});

Deno.test("a table fits the terminal; what is cut ends in an ellipsis", () => {
  const lines = render(RESULT, "table", 40).trimEnd().split("\n");
  assert.ok(lines.every((line) => [...line].length <= 40));
  assert.ok(lines[1]?.endsWith("…"));
});

Deno.test("where not even the narrowest columns fit, each row is a block of lines", () => {
  const names = ["feed", "name", "type", "status", "since", "parser"];
  const row = Object.fromEntries(names.map((name) => [name, `${name}-of-kraken`]));
  const text = render({ value: [], rows: [row, row], counted: "feed" }, "table", 40);
  const block = names.map((name) => `${name.toUpperCase().padEnd(8)}${name}-of-kraken\n`).join("");
  assert.equal(text, `${block}\n${block}2 feeds\n`);
});

Deno.test("days and sizes are never cut: rather a block of lines a row", () => {
  const row = {
    ...{ feed: "kraken", date: "2026-11-29", status: "available", raw: "2.4 MiB" },
    ...{ normalized: "2.1 MiB", quality: 0.953903, layout: "windows" },
  };
  const text = render({ value: [], rows: [row] }, "table", 60);
  for (const cell of Object.values(row)) assert.ok(text.includes(String(cell)), String(cell));
});

Deno.test("columns are those asked for, in that order", () => {
  const text = render({ ...RESULT, columns: ["symbols", "name"] }, "table", undefined);
  assert.equal(text.split("\n")[1], "      3  kraken");
});

Deno.test("a table ends with the count of its rows; none is a count too", () => {
  const one = render({ value: [], rows: [{ name: "a" }], counted: "feed" }, "table", undefined);
  assert.equal(one, "NAME\na\n1 feed\n");
  const none = { value: [], rows: [], counted: ["entry", "entries"] as const };
  assert.equal(render(none, "table", undefined), "0 entries\n");
});

Deno.test("sizes stand right as numbers do", () => {
  const rows = [{ size: "1.5 KiB" }, { size: "12 B" }];
  assert.equal(render({ value: [], rows }, "table", undefined), "   SIZE\n1.5 KiB\n   12 B\n");
});
