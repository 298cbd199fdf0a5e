import assert from "node:assert/strict";
import { assertName, unknownName } from "./unknown_name.ts";

Deno.test("a name that is not there names the nearest and all, in order", () => {
  const names = ["kraken", "kalshi", "demo"];
  const error = unknownName({
    what: "feed",
    name: "karken",
    names,
    where: "in exchanges/feeds",
  });
  assert.equal(error.message, 'There is no feed "karken" in exchanges/feeds');
  assert.equal(error.hint, 'Did you mean "kraken"? There are: demo, kalshi, kraken');
  assert.equal(error.code, "NAME_UNKNOWN");
});

Deno.test("nothing near and nothing there are told as such", () => {
  assert.equal(unknownName({ what: "key", name: "x", names: [] }).hint, "There are none yet");
  assert.equal(
    unknownName({ what: "key", name: "zzz", names: ["abc"] }).hint,
    "There are: abc",
  );
});

Deno.test("a long list is cut, with its length", () => {
  const names = Array.from({ length: 30 }, (_, i) => `n${i + 100}`);
  assert.match(unknownName({ what: "symbol", name: "q", names }).hint, /n119, … \(30\)$/);
});

Deno.test("of many names the nearest is told alone", () => {
  const names = Array.from({ length: 30 }, (_, i) => `KXMARKET-${i + 100}`);
  assert.equal(
    unknownName({ what: "symbol", name: "KXMARKT-107", names }).hint,
    'Did you mean "KXMARKET-107"? There are 30 to choose from',
  );
});

Deno.test("a name that is there passes", () => {
  assertName({ what: "feed", name: "a", names: ["a"] });
  assert.throws(() => assertName({ what: "feed", name: "b", names: [] }), {
    code: "NAME_UNKNOWN",
  });
});
