import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { zstdCompressSync } from "node:zlib";
import { demoKey, inspectCapture, parseScheduledFault, startSimulator } from "./mod.ts";
import { readCapture } from "./capture.ts";
import { DepthView } from "./kraken/book.ts";
import { bookSnapshotFrame } from "./kraken/book.ts";
import { krakenMarket } from "./kraken/symbols.ts";
import { ModelMarket } from "./model/market.ts";
import { Random } from "./model/prng.ts";
import { ReferenceBook } from "./testing/reference_book.ts";
import { signedHeaders, TestClient } from "./testing.ts";

const STEP_NS = 1_000_000n;

/** Lines of a capture; every fourth has a marker before it. */
function linesOf(frames: readonly string[], stepNs = STEP_NS): string {
  let atNs = 1_785_552_832_000_000_000n;
  return frames.map((frame, i) => {
    atNs += stepNs;
    const marker = i % 4 === 0 ? `{"t":"${atNs}","e":"watch","info":{"m":1}}\n` : "";
    return `${marker}{"t":"${atNs}","m":${frame}}\n`;
  }).join("");
}

function krakenFrames(updates: number, acknowledged = true): string[] {
  const spec = krakenMarket({ external: "SOL/USD" });
  const market = new ModelMarket(spec, new Random(8, "capture"));
  const view = new DepthView(market.book, 10);
  market.observers.push(view);
  const time = "2026-08-01T02:53:53.646219Z";
  const frames = [
    `{"channel":"status","type":"update","data":[{"system":"online","connection_id":1}]}`,
    bookSnapshotFrame("SOL/USD", market.book, { depth: 10, precision: spec, timestamp: time }),
  ];
  if (acknowledged) {
    frames.splice(
      1,
      0,
      `{"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,` +
        `"symbol":"SOL/USD"},"success":true,"time_in":"${time}","time_out":"${time}"}`,
    );
  }
  while (frames.length < updates) {
    market.step(1);
    const frame = view.take(`"SOL/USD"`, spec, time);
    if (frame !== undefined) frames.push(frame);
  }
  return frames;
}

async function kalshiFrames(count: number): Promise<string[]> {
  const simulator = await startSimulator({
    venue: "kalshi",
    source: { type: "model", seed: 6, speed: "max", events: count },
  });
  const client = await TestClient.open(simulator.url, await signedHeaders(await demoKey()));
  client.send({
    id: 1,
    cmd: "subscribe",
    params: {
      channels: ["ticker", "orderbook_delta"],
      market_tickers: ["KXSIMRAIN-26DEC31-B0.5", "KXSIMFED-26DEC-T3.75"],
    },
  });
  await simulator.done;
  await client.close();
  await simulator.close();
  return client.frames;
}

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const BOOK = { channel: "book", symbol: ["SOL/USD"], depth: 10 };

Deno.test("captures are read plain, compressed and compressed in several frames", async () => {
  await inFolder(async (folder) => {
    const frames = krakenFrames(400);
    const lines = linesOf(frames);
    const header = `{"_capture":{"software":"ssmd"}}\n`;
    const cut = lines.length >> 1;
    const skippable = new Uint8Array([0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const parts = [lines.slice(0, cut), lines.slice(cut)].map((part) => zstdCompressSync(part));
    await Deno.writeTextFile(`${folder}/a.jsonl`, header + lines);
    await Deno.writeFile(`${folder}/b.jsonl.zst`, zstdCompressSync(lines));
    await Deno.writeFile(`${folder}/c.jsonl.zst`, Buffer.concat([skippable, ...parts]));
    for (const name of ["a.jsonl", "b.jsonl.zst", "c.jsonl.zst"]) {
      const texts: string[] = [];
      for await (const some of readCapture(`${folder}/${name}`)) {
        texts.push(...some.flatMap((line) => line.kind === "frame" ? [line.text] : []));
      }
      assert.deepEqual(texts, frames, name);
      const summary = await inspectCapture(`${folder}/${name}`);
      assert.deepEqual(
        [summary.venue, summary.symbols, summary.channels, summary.depth, summary.frames],
        ["kraken", ["SOL/USD"], ["book"], 10, 400],
      );
      assert.deepEqual([summary.priceDecimals, summary.sizeDecimals], [{ "SOL/USD": 2 }, {
        "SOL/USD": 8,
      }]);
    }
  });
});

Deno.test("damaged, empty, absent and foreign captures are refused with the reason", async () => {
  await inFolder(async (folder) => {
    const whole = zstdCompressSync(linesOf(krakenFrames(50)));
    await Deno.writeFile(`${folder}/cut.jsonl.zst`, whole.subarray(0, whole.length - 9));
    await Deno.writeTextFile(`${folder}/empty.jsonl`, `{"_capture":{}}\n`);
    await Deno.writeFile(`${folder}/good.jsonl.zst`, whole);
    const start = (name: string, venue: "kraken" | "kalshi") =>
      startSimulator({ venue, source: { type: "capture", files: [`${folder}/${name}`] } });
    await assert.rejects(start("cut.jsonl.zst", "kraken"), { code: "CAPTURE_DAMAGED" });
    await assert.rejects(start("empty.jsonl", "kraken"), { code: "CAPTURE_EMPTY" });
    await assert.rejects(start("absent.jsonl", "kraken"), { code: "CAPTURE_UNREADABLE" });
    await assert.rejects(start("good.jsonl.zst", "kalshi"), { code: "CAPTURE_OTHER_VENUE" });
    await assert.rejects(
      startSimulator({ venue: "kraken", source: { type: "capture", files: [] } }),
      { code: "CAPTURE_NONE" },
    );
  });
});

Deno.test("a capture keeps its own pace, times the speed", async () => {
  await inFolder(async (folder) => {
    const frames = krakenFrames(801);
    await Deno.writeTextFile(`${folder}/a.jsonl`, linesOf(frames, 100n * STEP_NS));
    const simulator = await startSimulator({
      venue: "kraken",
      source: { type: "capture", files: [`${folder}/a.jsonl`], speed: 200 },
    });
    const client = await TestClient.open(simulator.url);
    const startedMs = performance.now();
    client.send({ method: "subscribe", params: BOOK });
    await simulator.done;
    const tookMs = performance.now() - startedMs;
    // How late it is on a busy machine is no matter: at another speed it takes another time by far.
    assert.ok(tookMs > 390 && tookMs < 40_000, `${tookMs} ms for 80 s at speed 200`);
    await client.close();
    await simulator.close();
  });
});

Deno.test("files follow each other, what a capture lacks is answered live", async () => {
  await inFolder(async (folder) => {
    const frames = krakenFrames(100, false);
    await Deno.writeTextFile(`${folder}/a.jsonl`, linesOf(frames.slice(0, 60)));
    await Deno.writeTextFile(`${folder}/b.jsonl`, linesOf(frames.slice(60)));
    const simulator = await startSimulator({
      venue: "kraken",
      source: {
        type: "capture",
        files: [`${folder}/a.jsonl`, `${folder}/b.jsonl`],
        speed: "max",
      },
    });
    const client = await TestClient.open(simulator.url);
    client.send({ method: "subscribe", params: { ...BOOK, depth: 25 } });
    assert.equal((await client.json(`"error"`)).error, "Subscription depth not supported");
    client.send({ method: "subscribe", params: { channel: "trade", symbol: ["SOL/USD"] } });
    await client.json(`"trade"`);
    client.send({ method: "subscribe", params: BOOK });
    assert.equal((await client.json(`"subscribe"`)).result.depth, 10);
    await simulator.done;
    assert.deepEqual(client.frames.slice(-frames.length), frames);
    await client.next((frame) => frame.includes("heartbeat"));
    await client.close();
    await simulator.close();
  });
});

for (const how of ["resubscribes", "reconnects"] as const) {
  Deno.test(`kraken: a client that ${how} in the middle gets the book as it stands`, async () => {
    await inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/a.jsonl`, linesOf(krakenFrames(900)));
      const simulator = await startSimulator({
        venue: "kraken",
        source: { type: "capture", files: [`${folder}/a.jsonl`], speed: 2 },
      });
      const first = await TestClient.open(simulator.url);
      first.send({ method: "subscribe", params: BOOK });
      for (let i = 0; i < 100; i++) await first.next((frame) => frame.includes(`"update"`));
      let client = first;
      if (how === "resubscribes") {
        first.send({ method: "unsubscribe", params: BOOK });
        await first.json(`"unsubscribe"`);
      } else {
        simulator.fault({ type: "drop" });
        await first.closed;
        client = await TestClient.open(simulator.url);
      }
      const from = client.frames.length;
      client.send({ method: "subscribe", params: BOOK });
      await simulator.done;
      const book = new ReferenceBook(10);
      let checked = 0;
      for (const frame of client.frames.slice(from)) {
        if (!frame.startsWith(`{"channel":"book"`)) continue;
        if (checked++ === 0) assert.ok(frame.includes(`"snapshot"`), frame);
        book.apply(frame);
        assert.equal(book.checksum(), JSON.parse(frame).data[0].checksum);
      }
      assert.ok(checked > 100, `${checked}`);
      await client.close();
      await simulator.close();
    });
  });
}

for (const keepSequence of [true, false]) {
  const what = keepSequence ? "its own numbers" : "new numbers";
  Deno.test(`kalshi: a capture with ${what} stays whole for a client that reconnects`, async () => {
    await inFolder(async (folder) => {
      const frames = await kalshiFrames(3000);
      await Deno.writeTextFile(`${folder}/a.jsonl`, linesOf(frames));
      const { symbols } = await inspectCapture(`${folder}/a.jsonl`);
      const simulator = await startSimulator({
        venue: "kalshi",
        source: { type: "capture", files: [`${folder}/a.jsonl`], speed: 5, keepSequence },
      });
      const subscribe = async () => {
        const client = await TestClient.open(simulator.url, await signedHeaders(await demoKey()));
        client.send({
          id: 3,
          cmd: "subscribe",
          params: { channels: ["orderbook_delta"], market_tickers: symbols },
        });
        return client;
      };
      const first = await subscribe();
      for (let i = 0; i < 200; i++) await first.next((frame) => frame.includes("_delta"));
      simulator.fault({ type: "drop" });
      await first.closed;
      const second = await subscribe();
      await simulator.done;
      const ack = JSON.parse(second.frames[0] as string);
      const sids = keepSequence ? [2, 2] : [1, 1];
      assert.deepEqual([ack.msg.sid, ack.id], [sids[0], 3]);
      const books = new Map<string, number>();
      let last = NaN;
      for (const frame of second.frames.slice(1)) {
        const { type, sid, seq, msg } = JSON.parse(frame);
        assert.equal(sid, sids[1]);
        if (!Number.isNaN(last)) assert.equal(seq, last + 1);
        else if (!keepSequence) assert.equal(seq, 1);
        last = seq;
        if (type === "orderbook_snapshot") {
          for (const side of ["yes", "no"]) {
            for (const [price, size] of msg[`${side}_dollars_fp`] ?? []) {
              books.set(`${msg.market_ticker} ${side} ${price}`, Math.round(size * 100));
            }
          }
          continue;
        }
        const key = `${msg.market_ticker} ${msg.side} ${msg.price_dollars}`;
        const size = (books.get(key) ?? 0) + Math.round(msg.delta_fp * 100);
        assert.ok(size >= 0, frame);
        books.set(key, size);
      }
      // How many are left depends on how soon it was back.
      assert.ok(second.frames.length > 10);
      await second.close();
      await simulator.close();
    });
  });
}

Deno.test("at max speed a dropped client that comes back misses no frame that follows", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.jsonl`, linesOf(krakenFrames(6000)));
    const simulator = await startSimulator({
      venue: "kraken",
      source: { type: "capture", files: [`${folder}/a.jsonl`], speed: "max" },
      faults: [parseScheduledFault("drop=frames:1500", "kraken")],
    });
    let ended = false;
    void simulator.done.then(() => ended = true);
    let connections = 0;
    let checked = 0;
    while (!ended) {
      const client = await TestClient.open(simulator.url);
      connections++;
      client.send({ method: "subscribe", params: BOOK });
      await Promise.race([client.closed, simulator.done]);
      const book = new ReferenceBook(10);
      for (const frame of client.frames) {
        if (!frame.startsWith(`{"channel":"book"`)) continue;
        book.apply(frame);
        assert.equal(book.checksum(), JSON.parse(frame).data[0].checksum);
        checked++;
      }
      await client.close();
    }
    assert.equal(simulator.stats().played, 6000);
    assert.ok(connections >= 4 && checked > 2000, `${connections} connections, ${checked} checked`);
    await simulator.close();
  });
});

Deno.test("where the recorded connection broke, a client loses its own and gets what follows", async () => {
  await inFolder(async (folder) => {
    const [before, after] = [krakenFrames(40, false), krakenFrames(60, false)];
    const lines = linesOf([...before, "BREAK", ...after])
      .replace(/\{"t":("\d+"),"m":BREAK\}/, `{"t":$1,"e":"disconnect","why":"gone"}`);
    await Deno.writeTextFile(`${folder}/a.jsonl`, lines);
    const simulator = await startSimulator({
      venue: "kraken",
      source: { type: "capture", files: [`${folder}/a.jsonl`], speed: "max" },
    });
    const first = await TestClient.open(simulator.url);
    first.send({ method: "subscribe", params: BOOK });
    await first.closed;
    const second = await TestClient.open(simulator.url);
    second.send({ method: "subscribe", params: BOOK });
    await simulator.done;
    const books = second.frames.filter((frame) => frame.startsWith(`{"channel":"book"`));
    assert.deepEqual(books, after.filter((frame) => frame.startsWith(`{"channel":"book"`)));
    await second.close();
    await simulator.close();
  });
});
