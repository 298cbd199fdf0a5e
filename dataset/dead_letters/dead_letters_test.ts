import assert from "node:assert/strict";
import { loadManifest } from "@ssmd/archive";
import { loadJob } from "@ssmd/dataset/reprocess";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";
import { memoryStorage } from "@ssmd/storage";
import {
  countLetters,
  type Letter,
  letterOf,
  readLetters,
  removeLetters,
  replayLetters,
  writeLetters,
} from "./mod.ts";

const ENV = "test";
/** The example archive's frame that is no JSON, and one that is a trade. */
const UNREADABLE_US = Date.parse("2026-08-01T02:53:50Z") * 1000 + 1000 + 70 * 100;
const READABLE_US = UNREADABLE_US + 100;

function letter(id: string, receivedUs: number, more: Partial<Letter> = {}): Letter {
  return {
    ...{ id, component: "connector", feed: "kraken", kind: "frame", reason: "no JSON" },
    ...{ subject: "", received_us: receivedUs, bytes: 3, truncated: false, base64: "AQID" },
    ...more,
  };
}

Deno.test("letters are kept by component, read once each, counted, and removed alone", async () => {
  const storage = memoryStorage();
  const [a, b, c] = [letter("a", 1), letter("b", 2), letter("c", 3, { component: "archiver" })];
  await writeLetters(storage, ENV, { letters: [a, b, c], nowUs: 10 });
  // A batch that came again after a kill.
  await writeLetters(storage, ENV, { letters: [b], nowUs: 11 });
  assert.deepEqual(await readLetters(storage, ENV), [a, b, c]);
  await removeLetters(storage, ENV, [b]);
  assert.deepEqual(await readLetters(storage, ENV), [a, c]);
  assert.deepEqual((await countLetters(storage, ENV)).byComponent, { connector: 1, archiver: 1 });
  await removeLetters(storage, ENV, [a, c]);
  assert.deepEqual(await countLetters(storage, ENV), { byComponent: {}, bytes: 0 });
});

Deno.test("a message that is no letter is kept as one about itself", () => {
  const payload = new Uint8Array([1, 2, 3]);
  const { reason, ...rest } = letterOf({ subject: "test.dlq.connector", payload, id: "x" }, 5);
  assert.match(reason, /^the letter itself cannot be read/);
  assert.deepEqual(rest, {
    ...{ id: "x", component: "connector", feed: "", kind: "record", truncated: false },
    ...{ subject: "test.dlq.connector", received_us: 5, bytes: 3, base64: "AQID" },
  });
});

Deno.test("a letter names the microsecond of its frame, whatever its nanoseconds are", () => {
  for (let us = 1_795_946_618_573_000; us < 1_795_946_618_574_000; us++) {
    const text = JSON.stringify({
      ...{ feed: "kraken", reason: "no JSON", received_at_ns: `${us}000` },
      ...{ bytes: 0, frame_base64: "", truncated: false },
    });
    const payload = new TextEncoder().encode(text);
    const read = letterOf({ subject: "test.dlq.connector", payload, id: "x" }, 5);
    assert.equal(read.received_us, us);
  }
});

Deno.test("a replay keeps what today's code cannot read, and makes a version of the rest; twice is once", async () => {
  const storage = memoryStorage();
  await fillArchive(storage, ENV);
  const software = { version: "0.1.0", commit: "abc1234" };
  const letters = [
    letter("unread", UNREADABLE_US),
    letter("read", READABLE_US),
    letter("foreign", READABLE_US, { feed: "kra/ken" }),
    letter("later", READABLE_US + 600_000_000),
  ];
  await writeLetters(storage, ENV, { letters, nowUs: 1 });
  const replay = () => replayLetters({ storage, env: ENV, version: "v2", software }, letters);
  const stateOf = async () =>
    (await replay()).map(({ letter: { id }, state, why }) => [id, state, why]).toSorted();
  const first = await stateOf();
  assert.deepEqual(first.map(([id, state]) => [id, state]), [
    ["foreign", "kept"],
    ["later", "kept"],
    ["read", "replayed"],
    ["unread", "kept"],
  ]);
  assert.match(String(first.at(-1)?.[2]), /line break|JSON/);
  assert.deepEqual((await readLetters(storage, ENV)).map(({ id }) => id), [
    ...["unread", "foreign", "later"],
  ]);
  const versionId = { env: ENV, feed: "kraken", version: "v2" };
  const made = await loadJob(storage, versionId);
  assert.deepEqual(await stateOf(), first);
  assert.deepEqual(await loadJob(storage, versionId), made);
  const day = { kind: "normalized", ...versionId, day: "2026-08-01" } as const;
  assert.ok(((await loadManifest(storage, day))?.count ?? 0) > 0);
});
