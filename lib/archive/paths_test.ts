import { formatPosition } from "./testing/raw_file.ts";
import assert from "node:assert/strict";
import fc from "fast-check";
import { EVENT_TYPES } from "@ssmd/market";
import {
  activeVersionsKey,
  comparePositions,
  dayOfUs,
  lastOffsetOf,
  manifestKey,
  normalizedKey,
  parseManifestKey,
  parseNormalizedKey,
  parsePosition,
  parseRawKey,
  parseSealedKey,
  rawKey,
  sealedKey,
  usOfDay,
} from "./mod.ts";

const MINUTE_US = 60_000_000;
const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
const atUs = fc.integer({ min: 0, max: 4_000_000_000_000_000 });
const part = fc.integer({ min: 1, max: 99 });

Deno.test("the keys are those of the design", () => {
  const atUs = Date.parse("2026-08-01T02:53:53Z") * 1000;
  assert.equal(
    rawKey({ env: "demo", feed: "kraken", atUs, connection: "m1-1" }),
    "raw/demo/kraken/2026/08/01/02/53-m1-1.jsonl.zst",
  );
  const fileId = { env: "demo", feed: "kraken", type: "trade", atUs } as const;
  assert.equal(
    normalizedKey(fileId),
    "normalized/demo/kraken/v1/trade/2026/08/01/02-53.capnp.zst",
  );
  assert.equal(
    normalizedKey({ ...fileId, part: 2 }),
    "normalized/demo/kraken/v1/trade/2026/08/01/02-53.2.capnp.zst",
  );
  assert.equal(
    normalizedKey({ ...fileId, version: "v2" }),
    "normalized/demo/kraken/v2/trade/2026/08/01/02-53.capnp.zst",
  );
  const day = { env: "demo", feed: "kraken", day: "2026-08-01" };
  assert.equal(
    sealedKey({ ...day, type: "trade" }),
    "normalized/demo/kraken/v1/trade/2026/08/01/day.parquet",
  );
  assert.equal(
    sealedKey({ ...day, type: "trade", version: "v2", part: 2 }),
    "normalized/demo/kraken/v2/trade/2026/08/01/day.2.parquet",
  );
  assert.equal(manifestKey({ ...day, kind: "raw" }), "raw/demo/kraken/2026/08/01/manifest.json");
  assert.equal(
    manifestKey({ ...day, kind: "normalized" }),
    "normalized/demo/kraken/v1/2026/08/01/manifest.json",
  );
  assert.equal(
    manifestKey({ ...day, kind: "normalized", version: "v2" }),
    "normalized/demo/kraken/v2/2026/08/01/manifest.json",
  );
  assert.equal(activeVersionsKey("demo", "kraken"), "normalized/demo/kraken/promoted.json");
});

Deno.test("every key gives back its place", () => {
  fc.assert(fc.property(name, name, name, atUs, part, (env, feed, connection, atUs, part) => {
    const minute = Math.floor(atUs / MINUTE_US) * MINUTE_US;
    const version = connection;
    const day = dayOfUs(atUs);
    const raw = { env, feed, connection, atUs, part };
    assert.deepEqual(parseRawKey(rawKey(raw)), { ...raw, atUs: minute });
    for (const type of EVENT_TYPES) {
      const fileId = { env, feed, version, type, atUs, part, shard: part % 2 ? "" : "tier-1" };
      assert.deepEqual(parseNormalizedKey(normalizedKey(fileId)), { ...fileId, atUs: minute });
      const sealed = { env, feed, version, type, day, part };
      assert.deepEqual(parseSealedKey(sealedKey(sealed)), sealed);
      assert.equal(parseNormalizedKey(sealedKey(sealed)), undefined);
      assert.equal(parseSealedKey(normalizedKey(fileId)), undefined);
    }
    const manifestIds = [{ kind: "raw", env, feed, day }, {
      kind: "normalized",
      env,
      feed,
      version,
      day,
    }] as const;
    for (const manifestId of manifestIds) {
      assert.deepEqual(parseManifestKey(manifestKey(manifestId)), manifestId);
    }
    assert.ok(usOfDay(dayOfUs(atUs)) <= atUs);
  }));
});

Deno.test("a name that could lead out of its folder is refused", () => {
  for (const bad of ["", "..", "a/b", "a.b", "ä"]) {
    assert.throws(() => rawKey({ env: "demo", feed: bad, connection: "1", atUs: 0 }), {
      code: "ARCHIVE_NAME",
    });
  }
});

Deno.test("a position's text is its message id, and runs sort by their start", () => {
  const runs = fc.nat({ max: 4e15 });
  fc.assert(fc.property(runs, runs, fc.nat(), fc.nat(), (a, b, frame, index) => {
    const position = { run: a.toString(36), frame, index };
    assert.deepEqual(parsePosition(formatPosition(position)), position);
    const other = { ...position, run: b.toString(36) };
    assert.equal(Math.sign(comparePositions(position, other)), Math.sign(a - b));
    assert.ok(comparePositions(position, { ...position, frame: frame + 1, index: 0 }) < 0);
  }));
});

Deno.test("what is no message id is none", () => {
  for (const id of ["", "m1", "m1-2", "m1-2-", "-1-2", "m1-2-x", "m1-02-3", "M!-1-2", "m1-1-2-3"]) {
    assert.equal(parsePosition(id), undefined, id);
  }
  assert.throws(() => lastOffsetOf({ m1: "x" }, "m1"), { code: "ARCHIVE_POSITION" });
});
