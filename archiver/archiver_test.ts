import assert from "node:assert/strict";
import { readLetters } from "@ssmd/dataset/dead_letters";
import { StorageError } from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import { memoryTransport } from "@ssmd/transport";
import {
  archiveOf,
  dead,
  ENV,
  FaultyStorage,
  killable,
  messageOf,
  optionsOf,
  publish,
  recordOf,
  sequencesOf,
  START_US,
  upTo,
} from "./_fixtures.ts";
import { createArchiver } from "./mod.ts";

/** Records enough for four minutes and a half. */
const RECORDS = 2700 * 10;

Deno.test("what is published before the close is in the archive once, cut by minute and type", async () => {
  const transport = memoryTransport();
  const storage = memoryStorage();
  const archiver = createArchiver(optionsOf(transport, storage));
  await archiver.start();
  publish(transport, 0, RECORDS);
  await archiver.close();
  const { manifests, events, orphans } = await archiveOf(storage);
  assert.deepEqual(sequencesOf(events), upTo(RECORDS));
  assert.deepEqual(orphans, []);
  const [manifest] = manifests;
  assert.equal(manifest?.count, RECORDS);
  assert.equal(manifest?.gaps.length, RECORDS / 100);
  assert.deepEqual(manifest?.positions, { m1: `${RECORDS / 3}-2` });
  assert.equal(manifest?.status, "open");
  const keys = manifest?.files.map((file) => file.key) ?? [];
  assert.ok(keys.includes("normalized/test/kraken/v1/trade/2026/08/01/02-53.capnp.zst"));
  assert.ok(keys.includes("normalized/test/kraken/v1/gap/2026/08/01/02-57.capnp.zst"));
  for (const event of events) assert.deepEqual(event, recordOf(event.sequence - 1));
  await transport.close();
});

Deno.test("a day that is over at the close is complete; what comes later still goes in", async () => {
  const transport = memoryTransport();
  const storage = memoryStorage();
  const clock = () => START_US + 86_400_000_000 * 2;
  for (const [from, to] of [[0, 300], [300, 600]] as const) {
    const archiver = createArchiver({ ...optionsOf(transport, storage), clock });
    await archiver.start();
    publish(transport, from, to);
    await archiver.close();
  }
  const { manifests, events } = await archiveOf(storage);
  assert.deepEqual(sequencesOf(events), upTo(600));
  assert.equal(manifests[0]?.status, "complete");
  assert.ok(manifests[0]?.files.some((file) => file.key.endsWith("02-53.2.capnp.zst")));
  await transport.close();
});

Deno.test("a kill before or after any write, or before the acknowledgement, loses and doubles nothing", async () => {
  let step = 0;
  for (let alive = false; !alive; step++) {
    for (const when of ["before", "after"] as const) {
      const bus = memoryTransport();
      const inner = memoryStorage();
      const { transport, kill } = killable(bus);
      const storage = new FaultyStorage(inner);
      let killed = false;
      const death = Promise.withResolvers<void>();
      const die = () => {
        killed = true;
        kill();
        death.resolve();
        throw dead();
      };
      storage.before = (action) => {
        if (killed || (when === "before" && action === "put" && storage.puts > step)) die();
      };
      storage.after = () => {
        if (when === "after" && storage.puts > step) die();
      };
      const first = createArchiver(optionsOf(transport, storage));
      await first.start();
      publish(bus, 0, 9000);
      await Promise.race([first.flush(), death.promise]);
      kill();
      await first.close(killed ? { timeoutMs: 0 } : {}).catch((error) => {
        assert.equal(error.code, "ARCHIVE_NOT_WRITTEN");
      });
      const second = createArchiver(optionsOf(bus, inner));
      await second.start();
      publish(bus, 9000, 9500);
      await second.close();
      const { events, orphans } = await archiveOf(inner);
      assert.deepEqual(sequencesOf(events), upTo(9500), `killed ${when} write ${step}`);
      assert.deepEqual(orphans, [], `killed ${when} write ${step}`);
      alive = !killed;
      await bus.close();
    }
  }
  assert.ok(step > 7, `${step} writes were tried`);
});

Deno.test("records delivered again to a living archiver are not archived again", async () => {
  const transport = memoryTransport();
  const storage = memoryStorage();
  const archiver = createArchiver(optionsOf(transport, storage));
  await archiver.start();
  publish(transport, 0, 1000);
  await archiver.flush();
  // A bus whose memory of ids is over would deliver them again.
  const forgetful = memoryTransport();
  const again = createArchiver(optionsOf(forgetful, storage));
  await again.start();
  publish(forgetful, 500, 1200);
  await again.close();
  assert.equal(again.stats().duplicates, 500);
  await archiver.close();
  assert.deepEqual(sequencesOf((await archiveOf(storage)).events), upTo(1200));
  await Promise.all([transport.close(), forgetful.close()]);
});

Deno.test("two runs at once keep a place each", async () => {
  const transport = memoryTransport();
  const storage = memoryStorage();
  const archiver = createArchiver(optionsOf(transport, storage));
  await archiver.start();
  const publisher = transport.publisher();
  for (let i = 0; i < 300; i++) {
    publisher.publish(messageOf(recordOf(i), "m1"));
    if (i >= 100) publisher.publish(messageOf(recordOf(i - 100), "m2"));
  }
  await archiver.close();
  const { manifests, events } = await archiveOf(storage);
  assert.equal(events.length, 500);
  assert.deepEqual(manifests[0]?.positions, { m1: "100-2", m2: "67-1" });
  await transport.close();
});

Deno.test("a run that goes back to an earlier minute is archived once, whenever it is killed", async () => {
  const bus = memoryTransport();
  const inner = memoryStorage();
  const { transport, kill } = killable(bus);
  let now = START_US;
  const first = createArchiver({ ...optionsOf(transport, inner), clock: () => now });
  await first.start();
  const times = [0, 5_000_000, 12_000_000, 9_999_000, 13_000_000];
  const events = times.map((at, i) => ({
    ...recordOf(1),
    receivedAtUs: START_US + at,
    sequence: i + 1,
  }));
  for (const event of events) bus.publisher().publish(messageOf(event));
  now += 15_000_000;
  await first.flush();
  kill();
  await first.close();
  const second = createArchiver(optionsOf(bus, inner));
  await second.start();
  await second.close();
  assert.deepEqual(sequencesOf((await archiveOf(inner)).events), upTo(5));
  await bus.close();
});

Deno.test("records that the bus stored behind later ones are archived once, whenever it is killed", async () => {
  const bus = memoryTransport();
  const storage = memoryStorage();
  const { transport, kill } = killable(bus);
  const first = createArchiver(optionsOf(transport, storage));
  await first.start();
  const refused = (i: number) => i >= 100 && i < 160 && i % 4 === 1;
  const publisher = bus.publisher();
  const all = Array.from({ length: 300 }, (_, i) => messageOf(recordOf(i)));
  for (const [i, message] of all.entries()) if (!refused(i)) publisher.publish(message);
  await first.flush();
  const late = all.filter((_, i) => refused(i));
  for (const message of late.slice(0, 8)) publisher.publish({ ...message, late: true });
  await first.flush();
  kill();
  for (const message of late.slice(8)) publisher.publish({ ...message, late: true });
  await first.close();
  const second = createArchiver(optionsOf(bus, storage));
  await second.start();
  await second.close();
  const { manifests, events, orphans } = await archiveOf(storage);
  assert.deepEqual(sequencesOf(events), upTo(300));
  assert.deepEqual(orphans, []);
  assert.equal(manifests[0]?.positions["m1"], "100-2");
  assert.deepEqual(manifests[0]?.late?.toSorted(), late.map(({ id }) => id).sort());
  await bus.close();
});

Deno.test("what a wiped bus is given again as late is archived once, beside what was not archived", async () => {
  const storage = memoryStorage();
  const wiped = memoryTransport();
  const first = createArchiver(optionsOf(wiped, storage));
  await first.start();
  const missing = (i: number) => i >= 100 && i < 110;
  const all = Array.from({ length: 300 }, (_, i) => messageOf(recordOf(i)));
  const publisher = wiped.publisher();
  for (const [i, message] of all.entries()) if (!missing(i)) publisher.publish(message);
  await first.close();
  await wiped.close();
  const bus = memoryTransport();
  const second = createArchiver(optionsOf(bus, storage));
  await second.start();
  const again = bus.publisher();
  for (const message of all.slice(50)) again.publish({ ...message, late: true });
  for (let i = 300; i < 310; i++) again.publish(messageOf(recordOf(i)));
  await second.close();
  const { events } = await archiveOf(storage);
  assert.deepEqual(sequencesOf(events), upTo(310));
  assert.equal(second.stats().duplicates, 240);
  await bus.close();
});

Deno.test("what cannot be read goes to the dead letters and holds nothing up", async () => {
  const transport = memoryTransport();
  const storage = memoryStorage();
  const letters: Uint8Array[] = [];
  await transport.subscribe([`${ENV}.dlq.>`], ({ payload }) => letters.push(payload));
  const archiver = createArchiver(optionsOf(transport, storage));
  await archiver.start();
  const publisher = transport.publisher();
  publish(transport, 0, 100);
  const garbage = new Uint8Array([1, 2, 3]);
  const timeless = messageOf({ ...recordOf(1), receivedAtUs: 0, sequence: 1000 });
  publisher.publish({ subject: `${ENV}.kraken.trade.BTCUSD`, payload: garbage, id: "m1-900-0" });
  publisher.publish({ subject: `${ENV}.kra%2Fken.trade.X`, payload: garbage, id: "m1-901-0" });
  publisher.publish({ ...timeless, id: "m1-902-0" });
  publish(transport, 100, 200);
  await archiver.close();
  assert.deepEqual(
    letters.map((payload) => JSON.parse(new TextDecoder().decode(payload)).record_base64),
    [garbage, garbage, timeless.payload].map((bytes) => bytes.toBase64()),
  );
  const kept = await readLetters(storage, ENV);
  assert.deepEqual(kept.map(({ id, feed }) => [id, feed]), [
    ["archiver.m1-900-0", "kraken"],
    ["archiver.m1-901-0", "kra/ken"],
    ["archiver.m1-902-0", "kraken"],
  ]);
  for (const { component, reason } of kept) {
    assert.equal(component, "archiver");
    assert.notEqual(reason, "");
  }
  assert.equal(archiver.stats().deadLettered, 3);
  assert.deepEqual(sequencesOf((await archiveOf(storage)).events), upTo(200));
  await transport.close();
});

Deno.test("a full storage stops acknowledgement and delivery; when it has room all is caught up", async () => {
  const transport = memoryTransport();
  const inner = memoryStorage();
  const storage = new FaultyStorage(inner);
  const refused = Promise.withResolvers<void>();
  let full = true;
  storage.before = (action) => {
    if (!full || action !== "put") return;
    // The second try comes when all that was published has been offered.
    if (storage.puts > 1) refused.resolve();
    throw new StorageError("STORAGE_FULL", "no space left on device", { retryable: true });
  };
  const archiver = createArchiver({ ...optionsOf(transport, storage), windowBytesMax: 20_000 });
  await archiver.start();
  publish(transport, 0, 3000);
  await refused.promise;
  assert.ok(archiver.stats().paused);
  assert.match(archiver.stats().storageProblem, /no space left/);
  assert.ok(archiver.stats().bufferedBytes < 80_000, "no more than two limits and a bit wait here");
  full = false;
  await archiver.close();
  assert.equal(archiver.stats().storageProblem, "");
  const { events, orphans } = await archiveOf(inner);
  assert.deepEqual(sequencesOf(events), upTo(3000));
  assert.deepEqual(orphans, []);
  await transport.close();
});

Deno.test("a storage that is away at the start does not stop the service", async () => {
  const transport = memoryTransport();
  const inner = memoryStorage();
  const storage = new FaultyStorage(inner);
  const refused = Promise.withResolvers<void>();
  let away = true;
  storage.before = () => {
    if (!away) return;
    refused.resolve();
    throw new StorageError("STORAGE_UNAVAILABLE", "connection refused", { retryable: true });
  };
  const archiver = createArchiver(optionsOf(transport, storage));
  await archiver.start();
  publish(transport, 0, 500);
  await refused.promise;
  away = false;
  await archiver.close();
  assert.deepEqual(sequencesOf((await archiveOf(inner)).events), upTo(500));
  await transport.close();
});

Deno.test("behind a damaged manifest all waits, unacknowledged, until it is restored", async () => {
  const transport = memoryTransport();
  const storage = memoryStorage();
  const key = "normalized/test/kraken/v1/2026/08/01/manifest.json";
  const whole = createArchiver(optionsOf(transport, storage));
  await whole.start();
  publish(transport, 0, 100);
  await whole.close();
  const manifest = await storage.get(key);
  await storage.put(key, manifest.subarray(0, 50));
  const archiver = createArchiver(optionsOf(transport, storage));
  await archiver.start();
  publish(transport, 100, 200);
  await assert.rejects(archiver.close({ timeoutMs: 50 }), {
    code: "ARCHIVE_NOT_WRITTEN",
    message: /manifest\.json is damaged/,
  });
  await storage.put(key, manifest);
  const again = createArchiver(optionsOf(transport, storage));
  await again.start();
  await again.close();
  assert.deepEqual(sequencesOf((await archiveOf(storage)).events), upTo(200));
  await transport.close();
});
