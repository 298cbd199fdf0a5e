import assert from "node:assert/strict";
import fc from "fast-check";
import { PublishWindow } from "./publish_window.ts";

function filled(count: number): PublishWindow {
  const window = new PublishWindow();
  for (let n = 0; n < count; n++) {
    window.push({ subject: "test.a", payload: new Uint8Array(), id: `run-${n}-0` });
  }
  return window;
}

Deno.test("the head moves over what is acknowledged, in whatever order that comes", () => {
  const orders = fc.shuffledSubarray(Array.from({ length: 50 }, (_, n) => n), { minLength: 0 });
  fc.assert(fc.property(orders, (order) => {
    const window = filled(50);
    const known = new Set<number>();
    for (const number of order) {
      window.acknowledge(number);
      known.add(number);
      let head = 0;
      while (known.has(head)) head++;
      assert.equal(window.head, head);
      assert.equal(window.acknowledgedId, head === 0 ? "" : `run-${head - 1}-0`);
      assert.equal(window.get(number), undefined);
    }
  }));
});

Deno.test("a window grows instead of dropping, also when the head has moved round", () => {
  const window = filled(8000);
  for (let n = 0; n < 7000; n++) window.acknowledge(n);
  for (let n = 8000; n < 30_000; n++) {
    window.push({ subject: "test.a", payload: new Uint8Array(), id: `run-${n}-0` });
  }
  window.acknowledge(7500);
  for (let n = 7000; n < 30_000; n++) {
    assert.equal(window.get(n)?.id, n === 7500 ? undefined : `run-${n}-0`);
  }
  assert.equal(window.acknowledge(6000), false);
  assert.equal(window.acknowledge(30_000), false);
});
