import assert from "node:assert/strict";
import fc from "fast-check";
import { symbolChange } from "./symbol_change.ts";

const spec = (symbol: string, depth?: number) => ({
  ...{ symbol, external: symbol },
  ...(depth === undefined ? {} : { depth }),
});

Deno.test("what stays is not touched, what is new is added, what is gone is taken off", () => {
  const one = { wanted: [spec("A"), spec("B", 10)] };
  const two = { wanted: [spec("C")] };
  const { added, takenOff } = symbolChange([one, two], [spec("A"), spec("B", 25), spec("D")]);
  assert.deepEqual(added, [spec("B", 25), spec("D")]);
  assert.deepEqual(takenOff, [
    { connection: one, specs: [spec("B", 10)] },
    { connection: two, specs: [spec("C")] },
  ]);
});

Deno.test("a change applied gives exactly the markets that are wanted, each once", () => {
  const specs = fc.uniqueArray(
    fc.record({ symbol: fc.constantFrom(..."ABCDEFGH"), depth: fc.constantFrom(10, 25) })
      .map(({ symbol, depth }) => spec(symbol, depth)),
    { selector: ({ symbol }) => symbol },
  );
  fc.assert(fc.property(specs, specs, fc.nat(3), (before, wanted, at) => {
    const connections = [{ wanted: before.slice(0, at) }, { wanted: before.slice(at) }];
    const { added, takenOff } = symbolChange(connections, wanted);
    for (const { connection, specs } of takenOff) {
      connection.wanted = connection.wanted.filter((each) => !specs.includes(each));
    }
    const after = [...connections.flatMap((each) => each.wanted), ...added];
    const sorted = (list: typeof after) => list.map((each) => JSON.stringify(each)).sort();
    assert.deepEqual(sorted(after), sorted(wanted));
  }));
});
