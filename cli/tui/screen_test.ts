import assert from "node:assert/strict";
import { NO_GLOBALS } from "../context.ts";
import type { Row } from "../render.ts";
import { screenLines } from "./screen.ts";
import { Source } from "./source.ts";
import { Tui } from "./tui.ts";
import type { View } from "./view.ts";

const WRITE = { write: () => {} };
const CONTEXT = { globals: NO_GLOBALS, process: { stdout: WRITE, stderr: WRITE } };

interface Shown {
  tui: Tui;
  /** The lines at this size. */
  lines: (columns?: number, rows?: number) => string[];
  press: (...keys: string[]) => void;
}

/** A screen with one view of these rows, which are there at once. */
function shown(rows: readonly Row[], more: Partial<View> = {}): Shown {
  const read = () => Promise.resolve({ rows });
  const view = { name: "things", everyMs: 1000, empty: "Nothing.", actions: [], read, ...more };
  const source = new Source(CONTEXT, { env: "demo", url: "http://127.0.0.1:1" }, {});
  const tui = new Tui(source, () => [view]);
  tui.pane.content = { rows };
  const lines = (columns = 80, count = 24) =>
    screenLines(tui, { columns, rows: count }).map((line) =>
      line.map(({ text }) => text).join("").trimEnd()
    );
  return { tui, lines, press: (...keys) => keys.forEach((key) => tui.onKey(key)) };
}

const MANY = Array.from({ length: 2000 }, (_, i) => ({ name: `m${i}`, size: i, state: "live" }));

Deno.test("only rows that fit are formatted, and the selected one is among them", () => {
  const seen: number[] = [];
  const { lines, press } = shown(MANY, { onShown: (rows) => seen.push(rows.length) });
  assert.equal(lines(80, 24)[4], ">m0       0  live");
  press("end");
  assert.equal(lines(80, 24).at(-3), ">m1999  1999  live");
  press("page up");
  assert.ok(lines(80, 10).some((line) => line.startsWith(">m1981")));
  assert.ok(Math.max(...seen) <= 24, "no more than the screen has");
});

Deno.test("every size gives as many lines as it has, none wider", () => {
  const long = [{ name: "x".repeat(300), text: "y".repeat(300), state: "live", note: "n" }];
  for (const [columns, rows] of [[80, 24], [200, 50], [60, 10], [20, 5], [1, 1]] as const) {
    const { tui, lines } = shown(long);
    tui.message = "";
    assert.equal(lines(columns, rows).length, rows);
    const table = lines(columns, rows).filter((line) => /^[> ]?(NAME|xx)/.test(line));
    for (const line of table) assert.ok(line.length <= columns, `${columns}: ${line.length}`);
  }
});

Deno.test("texts of others cannot steer the terminal", () => {
  const { lines, press } = shown([{ name: "a\x1b[2J\x07\nb", state: "\x9b31m" }]);
  press("enter");
  // deno-lint-ignore no-control-regex -- control characters are what must not be there
  const control = /[\x00-\x1f\x7f-\x9f]/;
  for (const line of lines()) assert.doesNotMatch(line, control);
});

Deno.test("the selection stays on its row while rows come and go", () => {
  const rows = [{ id: 1 }, { id: 2 }, { id: 3 }];
  const { tui, lines, press } = shown(rows);
  press("down");
  tui.pane.content = { rows: [{ id: 0 }, ...rows] };
  assert.ok(lines().includes("> 2"));
  tui.pane.content = { rows: [{ id: 3 }] };
  assert.ok(lines().includes("> 3"), "its row is gone: the first one");
});

Deno.test("a filter leaves rows with the text in any cell; Esc shows all again", () => {
  const { lines, press } = shown(MANY);
  press("/", "M", "1", "9", "9", "9");
  assert.equal(lines().at(-1), `1/1 of 2000 with "M1999"  Enter keeps, Esc clears`);
  press("x", "backspace", "enter", "escape");
  assert.match(lines().at(-1) ?? "", /^1\/2000 /);
});

Deno.test("an action is done with the row that was asked about, and only after y", async () => {
  const done: string[] = [];
  const action = {
    ...{ key: "d", label: "drop", choices: ["soft", "hard"] },
    question: (row: Row, how: string) => `Drop ${row["id"]} ${how}?`,
    run: (_: Source, row: Row, how: string) => {
      done.push(`${row["id"]} ${how}`);
      return Promise.resolve("Dropped");
    },
  };
  const { tui, lines, press } = shown([{ id: 1 }, { id: 2 }], { actions: [action] });
  press("d");
  assert.equal(lines().at(-2), "drop: 1 soft  2 hard");
  press("2");
  assert.equal(lines().at(-2), "Drop 1 hard?");
  press("n");
  assert.equal(lines().at(-2), "Nothing was done");
  press("d", "1");
  tui.pane.content = { rows: [{ id: 2 }] };
  press("y");
  await Promise.resolve();
  assert.deepEqual(done, ["1 soft"]);
});

Deno.test("what was read long ago says so, also without a problem", () => {
  const { tui, lines } = shown(MANY);
  tui.pane.readAtMs = Date.now();
  assert.doesNotMatch(lines().at(-2) ?? "", /ago/);
  tui.pane.readAtMs = Date.now() - 60_500;
  assert.match(lines().at(-2) ?? "", /^Read 1m \d+s ago/);
  tui.pane.problem = "No answer";
  assert.match(lines().at(-2) ?? "", /^Read 1m \d+s ago\. No answer/);
});

Deno.test("a view that cannot be read says why and keeps what it had", () => {
  const { tui, lines } = shown([{ id: 1 }]);
  tui.pane.problem = "No gateway answers";
  tui.source.awaySinceMs = Date.now() - 3000;
  assert.match(lines()[0] ?? "", /^ssmd demo {2}AWAY for ([3-9]|\d\d+)s, trying again/);
  assert.equal(lines().at(-2), "No gateway answers");
  assert.ok(lines().includes("> 1"));
});
