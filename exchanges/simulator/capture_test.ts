import assert from "node:assert/strict";
import { zstdDecompressSync } from "node:zlib";
import { demoKey, inspectCapture, startSimulator } from "./mod.ts";
import { capturesFolder, signedHeaders, TestClient } from "./testing.ts";

const CAPTURES = capturesFolder();

function filesOf(venue: string): string[] {
  if (CAPTURES === undefined) return [];
  return [...Deno.readDirSync(`${CAPTURES}/${venue}`)]
    .map((entry) => `${CAPTURES}/${venue}/${entry.name}`)
    .filter((path) => !path.endsWith(".ndjson")).sort();
}

/** The frames of a file, read in another way than the simulator reads them. */
function textsOf(path: string): string[] {
  const bytes = Deno.readFileSync(path);
  if (path.endsWith(".json")) {
    const { init, updates } = JSON.parse(new TextDecoder().decode(bytes));
    return [init, ...updates].map((frame) => JSON.stringify(frame));
  }
  const lines = zstdDecompressSync(bytes).toString().split("\n");
  return lines.flatMap((line) => /^\{"t":"\d+","m":(.*)\}$/.exec(line)?.[1] ?? []);
}

/** A re-serialized file has lost its numbers' zeros: `4.0` is 4. */
function comparable(path: string, frame: string): string {
  return path.endsWith(".json") ? JSON.stringify(JSON.parse(frame)) : frame;
}

async function playKraken(files: string[], speed: number | "max" = "max"): Promise<string[]> {
  const simulator = await startSimulator({
    venue: "kraken",
    source: { type: "capture", files, speed },
  });
  const client = await TestClient.open(simulator.url);
  const summary = await inspectCapture(files[0] as string);
  client.send({ method: "subscribe", params: { channel: "instrument" } });
  for (const channel of ["trade", "book"]) {
    client.send({
      method: "subscribe",
      params: {
        channel,
        symbol: summary.symbols,
        ...(channel === "book" ? { depth: summary.depth } : {}),
      },
    });
  }
  await simulator.done;
  await client.close();
  await simulator.close();
  return client.frames;
}

for (const file of filesOf("kraken")) {
  Deno.test(`kraken: ${file.slice(file.lastIndexOf("/") + 1)} is sent byte by byte`, async () => {
    const expected = textsOf(file);
    const frames = await playKraken([file]);
    // The live part before the capture: status, instrument reply and snapshot, trade reply,
    // and heartbeats that fell into the start delay.
    const played = frames.slice(-expected.length).map((frame) => comparable(file, frame));
    assert.deepEqual(played, expected);
    assert.ok(frames.length <= expected.length + 7, `${frames.length} for ${expected.length}`);
    const instrument = frames.find((frame) => frame.includes(`"pairs"`));
    const [pair] = JSON.parse(instrument as string).data.pairs;
    const decimals = pair.symbol === "BTC/USD" ? 1 : 2;
    assert.equal(pair.price_precision, decimals);
    assert.equal(pair.qty_precision, 8);
  });
}

for (const file of filesOf("kalshi")) {
  Deno.test(`kalshi: ${file.slice(file.lastIndexOf("/") + 1)} is sent byte by byte`, async () => {
    const expected = textsOf(file);
    const simulator = await startSimulator({
      venue: "kalshi",
      source: { type: "capture", files: [file], speed: "max" },
    });
    const { symbols } = await inspectCapture(file);
    const client = await TestClient.open(simulator.url, await signedHeaders(await demoKey()));
    const channels = ["ticker", "trade", "orderbook_delta", "market_lifecycle_v2"];
    client.send({ id: 1, cmd: "subscribe", params: { channels, market_tickers: symbols } });
    await simulator.done;
    const recorded = client.frames.filter((frame) => !/"sid":1\d\d\d\}\}$/.test(frame));
    assert.equal(recorded.length, expected.length);
    assert.ok(recorded.every((frame, i) => frame === expected[i]));
    await client.close();
    await simulator.close();
  });
}
