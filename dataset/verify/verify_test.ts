import assert from "node:assert/strict";
import {
  changedManifest,
  changeManifest,
  loadManifest,
  type Manifest,
  type ManifestGap,
  manifestKey,
  NormalizedFileBuilder,
  normalizedOf,
  saveManifest,
  sealedKey,
  sha256Of,
  usOfNsText,
} from "@ssmd/archive";
import { expireDay, planRetention } from "@ssmd/dataset/retention";
import { nowUs } from "@ssmd/runtime";
import { Encoder } from "@ssmd/codec";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { FEED_DAY, fillArchive } from "../testing/archive_fixtures.ts";
import type { Problem } from "./report.ts";
import { verifyArchive } from "./verify.ts";

/** Everything that is captured has had its time to be archived. */
const LATER_US = nowUs() + 3600 * 1e6;

async function filled(): Promise<Storage> {
  const storage = memoryStorage();
  await fillArchive(storage);
  return storage;
}

async function manifestOf(storage: Storage, kind: "raw" | "normalized"): Promise<Manifest> {
  const manifest = await loadManifest(storage, { kind, ...FEED_DAY });
  assert.ok(manifest !== undefined);
  return manifest;
}

/** The problems after something was done to a whole archive. */
async function problemsAfter(harm: (storage: Storage) => Promise<void>): Promise<Problem[]> {
  const storage = await filled();
  await harm(storage);
  return (await verifyArchive(storage, { nowUs: LATER_US })).problems;
}

async function corrupt(storage: Storage, key: string, change: (bytes: Uint8Array) => Uint8Array) {
  await storage.put(key, change((await storage.get(key)).slice()));
}

function flipped(bytes: Uint8Array): Uint8Array {
  const at = bytes.length >> 1;
  bytes[at] = (bytes[at] ?? 0) ^ 4;
  return bytes;
}

function codes(problems: readonly Problem[]): string[] {
  return [...new Set(problems.map(({ code }) => code))].sort();
}

async function someKey(storage: Storage, part: string): Promise<string> {
  for await (const { key } of storage.list("")) if (key.includes(part)) return key;
  throw new assert.AssertionError({ message: `no key with ${part}` });
}

Deno.test("an archive that is whole balances, frame by frame and record by record", async () => {
  const files: number[] = [];
  const { problems, days, totals } = await verifyArchive(await filled(), {
    onProgress: (done) => files.push(done),
  });
  assert.deepEqual(problems, []);
  assert.equal(days.length, 1);
  const [day] = days;
  assert.equal(totals.rawFrames, 2 * 3 * 199);
  assert.equal(day?.records.trade, 2 * 3 * 197);
  assert.equal(totals.gaps, day?.records.gap);
  assert.ok(totals.gaps >= 2 * 3 * 2, "broken connections and frames that cannot be read");
  assert.deepEqual(files, Array.from({ length: totals.files }, (_, i) => i + 1));
});

Deno.test("what left the bus and was made again is no difference between raw and archive", async () => {
  const problems = await problemsAfter(async (storage) => {
    const manifest = await manifestOf(storage, "normalized");
    const [{ from, to }] = manifest.files as [Manifest["files"][number]];
    const gap: ManifestGap = {
      symbol: "_all",
      reason: "slow",
      receivedAt: to,
      ...{ from, to, time: "", missed: 7, recovered: true },
      bus: "repaired",
      detail: "7 records were made again from raw",
    };
    await saveManifest(storage, { ...manifest, gaps: [...manifest.gaps, gap] });
  });
  assert.deepEqual(problems, []);
});

Deno.test("another environment's archive is not looked at", async () => {
  const { days, problems } = await verifyArchive(await filled(), { env: "other" });
  assert.deepEqual([days, problems], [[], []]);
});

Deno.test("a flipped bit or cut byte in any file is a problem that names the file", async () => {
  for (const part of [".jsonl.zst", "/trade/", "/gap/"]) {
    for (const change of [flipped, (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1)]) {
      const storage = await filled();
      const key = await someKey(storage, part);
      await corrupt(storage, key, change);
      const { problems } = await verifyArchive(storage);
      assert.ok(problems.length > 0, part);
      for (const problem of problems) assert.ok(problem.message.includes(key), problem.message);
      const isCorrupt = problems.some(({ code, message }) =>
        code === "ARCHIVE_DAMAGED" && /at byte \d+/.test(message)
      );
      assert.ok(isCorrupt || change === flipped, "a cut byte is named with its place");
    }
  }
});

Deno.test("a flipped bit in a manifest is a problem that names the manifest", async () => {
  for (const kind of ["raw/", "normalized/"]) {
    const problems = await problemsAfter(async (storage) => {
      const key = kind === "raw/"
        ? "raw/test/kraken/2026/08/01/manifest.json"
        : "normalized/test/kraken/v1/2026/08/01/manifest.json";
      await corrupt(storage, key, flipped);
    });
    assert.ok(codes(problems).includes("MANIFEST_DAMAGED"), kind);
  }
});

Deno.test("a file that is gone, and one that nobody names, are problems", async () => {
  const problems = await problemsAfter(async (storage) => {
    const bytes = await storage.get(await someKey(storage, "/trade/"));
    await storage.delete(await someKey(storage, "/trade/"));
    await storage.put("normalized/test/kraken/v1/trade/2026/08/01/09-09.capnp.zst", bytes);
  });
  assert.deepEqual(codes(problems), ["FILE_MISSING", "FILE_UNNAMED"]);
});

Deno.test("records that are not archived are told by day, type, number and place", async () => {
  const problems = await problemsAfter(async (storage) => {
    const manifest = await manifestOf(storage, "normalized");
    const gone = manifest.files.find(({ key }) => key.includes("/trade/"));
    await storage.delete(gone?.key ?? "");
    const files = manifest.files.filter((file) => file !== gone);
    await saveManifest(storage, { ...manifest, files });
  });
  assert.deepEqual(codes(problems), ["RECORDS_DIFFER"]);
  assert.match(
    problems[0]?.message ?? "",
    /^test\/kraken on 2026-08-01, trade: the raw frames give 1182 records, the archive has 788; not archived: sequence 1, 2, 3, 4, 5, …\.$/,
  );
});

Deno.test("records that are archived twice are told", async () => {
  const problems = await problemsAfter(async (storage) => {
    const manifest = await manifestOf(storage, "normalized");
    const file = manifest.files.find(({ key }) => key.includes("/trade/"));
    assert.ok(file !== undefined);
    const key = file.key.replace(".capnp", ".2.capnp");
    await storage.put(key, await storage.get(file.key));
    const change = { files: [{ ...file, key }], writtenBy: "x", nowUs: 1 };
    await saveManifest(storage, changedManifest(manifest, change));
  });
  assert.deepEqual(codes(problems), ["RECORDS_DIFFER"]);
  assert.match(problems.map(({ message }) => message).join("\n"), /archived too often: sequence 1/);
});

Deno.test("a record with another price is told, though all counts are right", async () => {
  const problems = await problemsAfter(async (storage) => {
    const manifest = await manifestOf(storage, "normalized");
    const file = manifest.files.find(({ key }) => key.includes("/trade/"));
    assert.ok(file !== undefined);
    const { records, lineage } = normalizedOf(await storage.get(file.key), file.key);
    const builder = new NormalizedFileBuilder("trade");
    const encoder = new Encoder();
    let frame = 0;
    for (const event of records) {
      if (event.type === "trade" && frame++ === 2) event.price = 1;
      const { receivedAtUs, sequence } = event;
      const payload = encoder.encode(event);
      builder.add({ payload, receivedAtUs, sequence, streamSequence: 1, run: "", frame, index: 0 });
    }
    assert.ok(lineage.format === "ssmd-normalized/2");
    const { bytes } = builder.finish(lineage, 1);
    await storage.put(file.key, bytes);
    const entry = { ...file, bytes: bytes.length, sha256: sha256Of(bytes) };
    const files = manifest.files.map((each) => each === file ? entry : each);
    await saveManifest(storage, { ...manifest, files });
  });
  assert.deepEqual(codes(problems), ["RECORDS_DIFFER"]);
  assert.match(problems[0]?.message ?? "", /with another content: sequence 3\.$/);
});

Deno.test("a gap that the manifest does not list, or lists wrongly, is told", async () => {
  const problems = await problemsAfter(async (storage) => {
    const manifest = await manifestOf(storage, "normalized");
    const [first, ...gaps] = manifest.gaps;
    assert.ok(first !== undefined);
    await saveManifest(storage, { ...manifest, gaps: [{ ...first, from: "1000" }, ...gaps] });
  });
  assert.deepEqual(codes(problems), ["GAPS_DIFFER"]);
  assert.equal(problems.length, 2, "one missing, one that is not in raw");
});

Deno.test("a raw file that is missing in the middle of a connection is a hole", async () => {
  const problems = await problemsAfter(async (storage) => {
    const manifest = await manifestOf(storage, "raw");
    const gone = manifest.files[2];
    await storage.delete(gone?.key ?? "");
    const files = manifest.files.filter((file) => file !== gone);
    await saveManifest(storage, { ...manifest, files });
  });
  assert.deepEqual(codes(problems), ["RAW_HOLE"]);
  assert.match(problems[0]?.message ?? "", /goes on after line 401 of connection m1abc-1/);
});

Deno.test("counts and spans that a manifest states wrongly are told", async () => {
  const problems = await problemsAfter(async (storage) => {
    for (const kind of ["raw", "normalized"] as const) {
      const manifest = await manifestOf(storage, kind);
      const files = manifest.files.map((file, i) =>
        i === 0 ? { ...file, count: 7, to: "1000", sequence: { first: 1, last: 2 } } : file
      );
      await saveManifest(storage, { ...manifest, files });
    }
  });
  assert.deepEqual(codes(problems), ["FILE_COUNT", "FILE_SEQUENCE", "FILE_SPAN"]);
});

for (const kind of ["raw", "normalized"] as const) {
  Deno.test(`a ${kind} day that retention removed is not missing`, async () => {
    const storage = memoryStorage();
    await fillArchive(storage);
    // Raw goes with its records.
    await changeManifest(storage, { kind: "normalized", ...FEED_DAY }, {
      change: (manifest) => ({ ...manifest, status: "partial" }),
    });
    const nowUs = Date.parse("2026-09-01") * 1000;
    const retention = { raw_days: 1, normalized_days: 1 };
    const days = await planRetention({ storage, env: FEED_DAY.env, retention, nowUs });
    const day = days.find((each) => each.kind === kind);
    assert.ok(day);
    await expireDay(day, { storage, writtenBy: "test", nowUs: () => nowUs, reason: "a test" });
    const { problems } = await verifyArchive(storage, {});
    assert.deepEqual(problems.map(({ message }) => message), []);
  });
}

/** The archive as it is a moment after its capture: raw of the last minute is on its way. */
async function withoutLastRaw(storage: Storage): Promise<{ lastUs: number }> {
  const manifest = await manifestOf(storage, "raw");
  const lastFrom = manifest.files.map(({ from }) => from).sort().at(-1) ?? "";
  const gone = manifest.files.filter(({ from }) => from.slice(0, 10) === lastFrom.slice(0, 10));
  const files = manifest.files.filter((file) => !gone.includes(file));
  assert.ok(gone.length > 0 && files.length > 0);
  await saveManifest(storage, { ...manifest, files });
  return { lastUs: Math.max(...gone.map(({ to }) => usOfNsText(to))) };
}

Deno.test("what is on its way to one side beside a running capture is no fault, and later it is", async () => {
  const storage = await filled();
  const { lastUs } = await withoutLastRaw(storage);
  assert.deepEqual((await verifyArchive(storage, { nowUs: lastUs + 2e6 })).problems, []);
  const { problems } = await verifyArchive(storage, { nowUs: LATER_US });
  assert.ok(codes(problems).includes("RECORDS_DIFFER"), codes(problems).join());
});

Deno.test("a file that was just put and is not named yet is no fault, and later it is", async () => {
  const storage = await filled();
  const { lastUs } = await withoutLastRaw(storage);
  const key = await someKey(storage, "/raw/").catch(() => someKey(storage, "raw/"));
  await storage.put(key.replace(/[^/]+$/, "59-extra-1.jsonl.zst"), new Uint8Array(3));
  assert.deepEqual((await verifyArchive(storage, { nowUs: lastUs + 2e6 })).problems, []);
});

Deno.test("what a killed seal left beside a day that is not sealed is no fault", async () => {
  const storage = await filled();
  const key = sealedKey({ ...FEED_DAY, type: "trade" });
  await storage.put(key, new Uint8Array(100));
  assert.deepEqual((await verifyArchive(storage, { nowUs: LATER_US })).problems, []);
});

Deno.test("files that are named while the archive is listed are found", async () => {
  const storage = await filled();
  const key = manifestKey({ kind: "normalized", ...FEED_DAY });
  const last = await storage.get(key);
  const manifest = await manifestOf(storage, "normalized");
  await storage.put(key, new TextEncoder().encode(JSON.stringify({ ...manifest, files: [] })));
  let lists = 0;
  const racing = Object.assign(Object.create(storage), {
    list: (prefix: string) => {
      // A round ends between the first list and the second.
      if (++lists === 3) void storage.put(key, last);
      return storage.list(prefix);
    },
  }) as Storage;
  const { problems } = await verifyArchive(racing, { nowUs: LATER_US });
  assert.equal(codes(problems).includes("FILE_UNNAMED"), false, codes(problems).join());
  assert.equal(codes(problems).includes("FILE_MISSING"), false, codes(problems).join());
});
