import assert from "node:assert/strict";
import { GARBAGE } from "@ssmd/simulator";
import { recordsIn } from "./_archived.ts";
import { eventually, verify } from "./_process.ts";
import { ENV, Rig } from "./_rig.ts";

const VENUES = ["kraken", "kalshi"] as const;

Deno.test("frames that cannot be read are kept, counted and passed over: text, types, bytes, 50 MB", async () => {
  await using rig = await Rig.start();
  await rig.allLive();
  // What is too large is turned away before anything of a venue: one of them is enough.
  const formsOf = (venue: string) =>
    GARBAGE.filter((what) => what !== "huge" || venue === "kraken");
  // What is of no known type is no loss: it is counted on its own, and makes no gap.
  const counted = (venue: string, what: string) =>
    what === "unknown"
      ? rig.metric("unknown_frames_total", venue)
      : rig.metric("errors_total", venue, `,error_type="parse"`);
  const lossesOf = (venue: string) => formsOf(venue).filter((what) => what !== "unknown");
  for (const what of GARBAGE) {
    for (const venue of VENUES.filter((venue) => formsOf(venue).includes(what))) {
      const before = await counted(venue, what);
      rig.simulator(venue).fault({ type: "rubbish", what });
      await eventually(
        `${what} of ${venue} counted`,
        async () => await counted(venue, what) === before + 1,
      );
    }
    await Promise.all(VENUES.map((venue) => rig.records(venue)));
  }
  await rig.allLive();
  const { days } = await rig.finish();
  for (const venue of VENUES) {
    const gaps = await rig.archivedGaps(venue);
    assert.deepEqual(gaps.map(({ reason }) => reason), lossesOf(venue).map(() => "parse"), venue);
    for (const { detail } of gaps) assert.ok(detail.length > 10 && detail.length < 400, detail);
    assert.equal((await rig.sent(venue)).length, 1, "the connection was kept");
  }
  assert.equal(rig.up.captured()["unreadable"], 2 * (GARBAGE.length - 1) - 1);
  assert.ok(days.every(({ records }) => records.trade > 0));
});

Deno.test("a wrong key ends up with the venue's sentence, and what came meanwhile is archived", async () => {
  const pair = await crypto.subtle.generateKey(
    {
      name: "RSA-PSS",
      hash: "SHA-256",
      modulusLength: 2048,
      publicExponent: Uint8Array.of(1, 0, 1),
    },
    true,
    ["sign", "verify"],
  );
  const der = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const privateKeyPem = `-----BEGIN PRIVATE KEY-----\n${der.toBase64()}\n-----END PRIVATE KEY-----`;
  await using rig = await Rig.start({ wrongKey: { keyId: "somebody", privateKeyPem } });
  const { code, output } = await rig.up.end();
  assert.equal(code, 1, output);
  assert.match(output, /error: The venue refused the credentials \(HTTP 401: ".+"\): check key_id/);
  assert.match(output, /code: +VENUE_ACCESS_DENIED/);
  assert.ok(!output.includes("connection refused"), output);
  assert.equal(output.includes(der.toBase64().slice(0, 40)), false, "no key in the log");
  const verified = await verify(rig.dataDir);
  assert.equal(verified.code, 0, verified.output);
});

Deno.test("a key that is none ends up before it begins, with the sentence and without the key", async () => {
  await using rig = await Rig.start({ wrongKey: { keyId: "me", privateKeyPem: "no-key-at-all" } });
  const { code, output } = await rig.up.end();
  assert.equal(code, 1, output);
  assert.match(output, /Kalshi's key is no PEM text[^]*Give the file's text, with its BEGIN/);
  assert.equal(output.includes("no-key-at-all"), false, "no key in the log");
  assert.equal(output.includes("connection refused"), false, output);
});

Deno.test("a market that the venue does not know is refused aloud, and the others go on", async () => {
  const symbols = { BTCUSD: "BTC/USD", NONEUSD: "NONE/USD" };
  await using rig = await Rig.start({ venues: ["kraken"], symbols });
  const refused = await rig.up.line("the venue refused a request");
  assert.match(String(refused["answer"]), /NONE\/USD/);
  await rig.records("kraken");
  await eventually(
    "a count",
    async () => await rig.metric("errors_total", "kraken", `,error_type="refused"`) > 0,
  );
  await rig.finish();
  const traded = await recordsIn(rig.dataDir, ENV, "kraken", ["trade"]);
  assert.deepEqual(new Set(traded.map(({ symbol }) => symbol)), new Set(["BTCUSD"]));
});

Deno.test("losses cost what they touch and no more, each with its span: checksum, sequence, repeat, cut, silence", async () => {
  await using rig = await Rig.start();
  await rig.allLive();
  const kraken = rig.simulator("kraken");
  const kalshi = rig.simulator("kalshi");

  kraken.fault({ type: "checksum" });
  const [wrong] = await rig.up.until(
    "a failed checksum",
    () => rig.gaps("kraken", true).length === 1 && rig.gaps("kraken", false),
  );
  assert.equal(wrong?.["reason"], "checksum");
  kraken.fault({ type: "repeat", kind: "trade" });
  await rig.records("kraken");
  kraken.fault({ type: "repeat", kind: "book" });
  await rig.records("kraken", "orderbook");
  kraken.fault({ type: "silent", forMs: 60_000 });

  const dropped = () => rig.metric("deltas_dropped_total", "kalshi");
  kalshi.fault({ type: "repeat", kind: "book" });
  await eventually("the repeat dropped", async () => await dropped() === 1);
  assert.deepEqual(rig.gaps("kalshi", false), [], "a repeat is no gap");
  kalshi.fault({ type: "skip", kind: "book", count: 3 });
  await rig.up.until("all books of the sid recovered", () => rig.gaps("kalshi", true).length === 2);
  kalshi.fault({ type: "drop" });
  await rig.up.until("the cut recovered", () => rig.gaps("kalshi", true).length === 3);
  assert.equal(await rig.metric("websocket_reconnects_total", "kalshi"), 1);

  await rig.up.until("the silence recovered", () => rig.gaps("kraken", true).length === 2);
  assert.equal(await rig.metric("websocket_reconnects_total", "kraken"), 1);
  await rig.allLive();
  await rig.finish();

  const shortened = (await rig.archivedGaps("kraken")).map(({ reason, symbol, recovered }) =>
    `${reason} ${symbol} ${recovered}`
  );
  const symbol = String(wrong?.["symbol"]);
  // After them, trades that happened in the silence and did not come with the new connection.
  assert.deepEqual(shortened.slice(0, 4), [
    `checksum ${symbol} false`,
    `checksum ${symbol} true`,
    "disconnect _all false",
    "disconnect _all true",
  ]);
  for (const text of shortened.slice(4)) assert.match(text, /^sequence (BTC|ETH)USD false$/);
  await krakenRepeatsAreNone(rig);
  await gapsTellTheirSpans(rig);
});

/** The venue has sent a trade twice; the archive has every trade once. */
async function krakenRepeatsAreNone(rig: Rig): Promise<void> {
  const [first = []] = await rig.sent("kraken");
  const twice = first.filter((frame, index) => frame === first[index - 1]);
  for (const channel of ["trade", "book"]) {
    assert.ok(twice.some((frame) => frame.includes(`"channel":"${channel}"`)), channel);
  }
  const trades = await recordsIn(rig.dataDir, ENV, "kraken", ["trade"]);
  const ids = trades.map((each) => each.type === "trade" ? `${each.symbol} ${each.tradeId}` : "");
  assert.equal(new Set(ids).size, ids.length);
}

async function gapsTellTheirSpans(rig: Rig): Promise<void> {
  const silence = (await rig.archivedGaps("kraken"))[3];
  assert.match(silence?.detail ?? "", /silent for \d+ ms/);
  assert.ok((silence?.toUs ?? 0) - (silence?.fromUs ?? 0) > 9_000_000);
  const gaps = await rig.archivedGaps("kalshi");
  // The venue repeats no step of a life that it told while nobody listened.
  const lives = gaps.filter(({ channel }) => channel === "status");
  assert.deepEqual(lives.map(({ reason, symbol }) => [reason, symbol]), [["disconnect", "_all"]]);
  const others = gaps.filter(({ channel }) => channel !== "status");
  const texts = others.map(({ reason, symbol, missed, recovered }) =>
    `${reason} ${symbol.slice(0, 7)} ${missed} ${recovered}`
  );
  assert.deepEqual(texts.slice(0, 4).sort(), [
    "sequence KXSIMBT 3 false",
    "sequence KXSIMBT 3 true",
    "sequence KXSIMRA null false",
    "sequence KXSIMRA null true",
  ]);
  assert.deepEqual(texts.slice(4), ["disconnect _all null false", "disconnect _all null true"]);
  for (const { recovered, fromUs, toUs, receivedAtUs } of others) {
    assert.ok(fromUs <= receivedAtUs);
    assert.equal(toUs, recovered ? receivedAtUs : 0);
  }
}
