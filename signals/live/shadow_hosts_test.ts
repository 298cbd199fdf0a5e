import assert from "node:assert/strict";
import { Encoder } from "@ssmd/codec";
import { sleep } from "@ssmd/runtime";
import { marketWalk } from "../check/market_walk.ts";
import { librarySignal } from "../testing/hosted.ts";
import { ShadowHosts } from "./shadow_hosts.ts";
import type { StreamItem } from "./stream_item.ts";

Deno.test("what is noted is taken up to now, though the stream goes on faster than hosts answer", async () => {
  const encoder = new Encoder();
  const items = marketWalk({ count: 20_000, seed: 1 }).map((record): StreamItem =>
    ({
      ...{ sequence: record.sequence, feed: record.feed, type: record.type },
      payload: encoder.encode(record).slice(),
    }) as StreamItem
  );
  const signals = [await librarySignal("imbalance_flip")];
  const shadow = new ShadowHosts({ signals, hosts: 1, watermarks: {} });
  await shadow.start();
  let noted = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < 100; i++, noted++) {
      const at = noted % items.length;
      shadow.note(items.slice(at, at + 1));
    }
  }, 0);
  try {
    await sleep(100);
    const ended = new AbortController();
    const late = sleep(20_000, ended.signal).then(() => "late");
    const taken = shadow.takeNoted().then(() => "taken");
    assert.equal(await Promise.race([taken, late]), "taken");
    ended.abort();
  } finally {
    clearInterval(timer);
    await shadow.stop();
  }
});
