import assert from "node:assert/strict";
import fc from "fast-check";
import type { Trade } from "@ssmd/market";
import { ArchiveError } from "@ssmd/runtime";
import { Encoder, SCHEMAS } from "@ssmd/codec";
import { hasProgram } from "./_fixtures.ts";
import {
  framesOf,
  type NormalizedFile,
  NormalizedFileBuilder,
  normalizedOf,
  skippableFrame,
} from "./mod.ts";

const START_US = Date.parse("2026-08-01T02:53:50Z") * 1000;
const KEY = "normalized/test/kraken/v1/trade/2026/08/01/02-53.capnp.zst";
const encoder = new Encoder();

function trade(i: number): Trade {
  return {
    type: "trade",
    timestampUs: START_US + i,
    receivedAtUs: START_US + i * 3,
    symbol: "BTCUSD",
    feed: "kraken",
    sequence: i + 1,
    price: 60_000 + (i * 7919 % 1000) / 10,
    size: 0.1 * (i % 7),
    side: "sell",
    tradeId: `${(i * 2654435761) % 1e9}`,
  };
}

function build(count: number): NormalizedFile {
  const builder = new NormalizedFileBuilder("trade");
  for (let i = 0; i < count; i++) {
    const event = trade(i);
    builder.add({
      payload: encoder.encode(event),
      receivedAtUs: event.receivedAtUs,
      sequence: event.sequence,
      streamSequence: 100 + i,
      run: i < count / 2 ? "m1" : "m2",
      frame: i + 1,
      index: 0,
    });
  }
  return builder.finish({
    env: "test",
    feed: "kraken",
    processor: "archiver-main",
    software: { version: "0.1.0", commit: "abc1234" },
    source: "memory ssmd-test",
  }, START_US);
}

Deno.test("a normalized file gives back every record and says where it comes from", () => {
  const file = build(10_000);
  const { lineage, records } = normalizedOf(file.bytes, KEY);
  assert.deepEqual([...records], Array.from({ length: 10_000 }, (_, i) => trade(i)));
  assert.deepEqual(lineage, file.lineage);
  const { format, schema, count, from, to, sequence, stream, runs } = lineage;
  assert.equal(format, "ssmd-normalized/2");
  assert.equal(schema.sha256, SCHEMAS.trade.sha256);
  assert.deepEqual([count, from, to], [10_000, `${START_US}000`, `${START_US + 29_997}000`]);
  assert.deepEqual([sequence, stream], [{ first: 1, last: 10_000 }, { first: 100, last: 10_099 }]);
  assert.deepEqual(runs, {
    m1: { first: "1-0", last: "5000-0", count: 5000, sequence: { first: 1, last: 5000 } },
    m2: { first: "5001-0", last: "10000-0", count: 5000, sequence: { first: 5001, last: 10_000 } },
  });
  assert.ok(framesOf(file.bytes).frames.length > 4, "lineage and several frames of 256 KiB");
});

Deno.test("a damaged normalized file gives what is whole, then the key and the place", () => {
  const file = build(10_000);
  const read = (bytes: Uint8Array) => {
    let count = 0;
    try {
      for (const record of normalizedOf(bytes, KEY).records) {
        assert.deepEqual(record, trade(count));
        count++;
      }
    } catch (error) {
      assert.ok(error instanceof ArchiveError, String(error));
      assert.match(error.message, /02-53\.capnp\.zst.*(byte|record) \d+/);
      return { count, corrupt: true };
    }
    return { count, damaged: false };
  };
  const frames = framesOf(file.bytes).frames;
  fc.assert(
    fc.property(fc.nat(file.bytes.length - 1), fc.nat(7), (at, bit) => {
      const flipped = file.bytes.slice();
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
      const { count, corrupt } = read(flipped);
      if (!corrupt) assert.equal(count, 10_000, "only bits that say nothing about records pass");
      if (corrupt && at >= (frames[2]?.start ?? 0)) {
        assert.ok(count > 2000, "the first frame is read");
      }
    }),
    { numRuns: 100 },
  );
  for (const { end } of frames.slice(0, -1)) {
    assert.ok(read(file.bytes.subarray(0, end)).corrupt, "cut between two frames");
  }
  assert.ok(read(file.bytes.subarray(0, file.bytes.length - 1)).corrupt, "cut by a byte");
  assert.ok(read(file.bytes.subarray((frames[0]?.end) ?? 0)).corrupt, "without its lineage");
});

Deno.test({
  name: "zstd and capnp decode a normalized file as it lies there",
  ignore: !hasProgram("zstd") || !hasProgram("capnp"),
  fn: async () => {
    const dir = await Deno.makeTempDir();
    try {
      await Deno.writeFile(`${dir}/t.capnp.zst`, (build(3000)).bytes);
      await Deno.writeTextFile(`${dir}/trade.capnp`, SCHEMAS.trade.text);
      const script = `zstd -dc ${dir}/t.capnp.zst | capnp decode --short ${dir}/trade.capnp ` +
        SCHEMAS.trade.name;
      const { stdout, stderr, success } = await new Deno.Command("sh", { args: ["-c", script] })
        .output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const lines = new TextDecoder().decode(stdout).trim().split("\n");
      assert.equal(lines.length, 3000);
      assert.match(lines[2999] ?? "", /sequence = 3000/);
      assert.match(lines[0] ?? "", new RegExp(`receivedAtNs = ${START_US}000`));
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

Deno.test("a file of the first format, whose lineage has no hash, is still read", () => {
  const { bytes, lineage } = build(100);
  const first = new TextEncoder().encode(
    JSON.stringify({ ...lineage, format: "ssmd-normalized/1" }),
  );
  const rest = bytes.subarray(framesOf(bytes).frames[0]?.end);
  const old = Uint8Array.from([...skippableFrame(first), ...rest]);
  assert.equal([...normalizedOf(old, KEY).records].length, 100);
  const bad = new TextEncoder().encode(JSON.stringify({ ...lineage, format: "ssmd-normalized/2" }));
  assert.throws(
    () => normalizedOf(Uint8Array.from([...skippableFrame(bad), ...rest]), KEY),
    /its lineage is not what was written/,
  );
});
