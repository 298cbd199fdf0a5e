import assert from "node:assert/strict";
import { checkSignal } from "./check_signal.ts";
import { findSignal, LIBRARY_DIR } from "../source/signal_catalog.ts";

async function checked(source: string, options: Parameters<typeof checkSignal>[1] = {}) {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-check-" });
  try {
    const path = `${dir}/mine.ts`;
    await Deno.writeTextFile(path, source);
    const result = await checkSignal({ id: "mine", path }, options);
    return {
      ...result,
      step: (name: string) => result.steps.find((each) => each.name === name),
      places: result.findings.map(({ line, column, message }) => `${line}:${column} ${message}`),
    };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a signal of the library passes every check, with what it costs", async () => {
  const result = await checkSignal(await findSignal("imbalance_flip", [LIBRARY_DIR]));
  assert.ok(result.ok);
  assert.deepEqual(result.findings, []);
  assert.deepEqual(result.steps.map(({ name, result }) => `${name} ${result}`), [
    ...["rules passed", "types passed", "imports passed", "survival passed", "run twice passed"],
    ...["truncated future passed", "three warm-ups passed"],
  ]);
  assert.ok(result.fires >= 10 && (result.nsPerRecord ?? 0) > 0);
  assert.ok((result.bytesPerInstance ?? 0) > 0);
});

Deno.test("a mistake in a name is told with file, line and what may be meant", async () => {
  const { ok, places, step } = await checked(`import { orderbook, signal } from "@ssmd/signal";
export default signal({
  title: "t", version: 1, on: { feeds: ["kalshi"], symbols: ["*"] },
  params: { limit: 1 },
  state: { book: orderbook() },
  when: ({ book }, p) => book.spreed > p.limits,
  fire: () => ({}),
});`);
  assert.ok(!ok);
  assert.equal(step("types")?.result, "failed");
  assert.ok(places.some((each) => /^6:31 TS2551: .*'spreed'.*Did you mean 'spread'/.test(each)));
  assert.ok(places.some((each) => /^6:42 TS2551: .*'limits'.*Did you mean 'limit'/.test(each)));
});

Deno.test("a feed that there is not is told with file, line and what may be meant", async () => {
  const source = (feed: string, other: string) =>
    `import { orderbook, priceHistory, signal } from "@ssmd/signal";
// "kalsi" and "krake" are no feeds.
export default signal({
  title: "t", version: 1, on: { feeds: ["kraken", "${feed}"], symbols: ["*"] },
  state: {
    book: orderbook(),
    spot: priceHistory({ window: "1s", of: { feed: '${other}', symbol: "BTCUSD" } }),
  },
  when: ({ book }) => book.spread > 5,
  fire: () => ({}),
});`;
  const feeds = ["kalshi", "kraken"];
  const wrong = await checked(source("kalsi", "krake"), { feeds });
  assert.ok(!wrong.ok);
  assert.equal(wrong.step("feeds")?.result, "failed");
  assert.deepEqual(wrong.places, [
    '4:51 There is no feed "kalsi" in the registry',
    '7:52 There is no feed "krake" in the registry',
  ]);
  assert.match(wrong.findings[0]?.hint ?? "", /^Did you mean "kalshi"/);
  assert.match(wrong.findings[0]?.file ?? "", /mine\.ts$/);
  const right = await checked(source("kalshi", "kraken"), { feeds });
  assert.equal(right.step("feeds")?.result, "passed");
  assert.ok(right.ok);
});

const COUNTING = (warmup: string) =>
  `import { builder, orderbook, signal } from "@ssmd/signal";
const counted = builder(() => {
  let count = 0;
  return {
    get valid() { return true; },
    get count() { return count; },
    apply: () => { count++; },
    write: (to) => void to.number(count),
    read: (from) => { count = from.number(); },
  };
}, { types: ["orderbook"], warmup: "${warmup}" });
export default signal({
  title: "t", version: 1, on: { feeds: ["kalshi"], symbols: ["*"] },
  state: { book: orderbook(), counted },
  when: ({ counted }) => counted.count % 100 < 50,
  fire: ({ counted }) => ({ count: counted.count }),
});`;

Deno.test("a builder that knows when it began fails in the three warm-ups", async () => {
  const { ok, step, places } = await checked(COUNTING("1s"));
  assert.deepEqual(places, []);
  assert.ok(!ok);
  assert.equal(step("three warm-ups")?.result, "failed");
  assert.equal(step("run twice")?.result, "passed");
});

Deno.test("a signal that never fires proves nothing, and is told so", async () => {
  const { ok, step } = await checked(`import { orderbook, signal } from "@ssmd/signal";
export default signal({
  title: "t", version: 1, on: { feeds: ["kalshi"], symbols: ["*"] },
  state: { book: orderbook() },
  when: ({ book }) => book.spread > 5,
  fire: () => ({}),
});`);
  assert.ok(ok);
  for (const name of ["run twice", "truncated future", "three warm-ups"]) {
    assert.equal(step(name)?.result, "unproven");
    assert.match(step(name)?.detail ?? "", /^0 fires prove nothing/);
  }
});

Deno.test("a signal that stops its host, and one that throws, do not survive", async () => {
  const of = (body: string) =>
    `import { orderbook, signal } from "@ssmd/signal";
export default signal({
  title: "t", version: 1, on: { feeds: ["kalshi"], symbols: ["*"] },
  state: { book: orderbook() },
  when: ({ book }) => { if (book.mid > 0.55) { ${body} } return false; },
  fire: () => ({}),
});`;
  const loops = await checked(of("for (;;);"));
  assert.equal(loops.step("survival")?.result, "failed");
  assert.match(loops.step("survival")?.detail ?? "", /no answer in/);
  const throws = await checked(of("throw new RangeError('too much');"));
  assert.match(throws.step("survival")?.detail ?? "", /RangeError: too much/);
});
