import assert from "node:assert/strict";
import { silentLogger } from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import type { OutMessage, Publisher, ReadOptions, Transport } from "@ssmd/transport";
import { readLastStop } from "./last_stop.ts";
import { PublishQueue } from "./publish_queue.ts";
import { RawFiles } from "./raw_files.ts";
import { recover } from "./recovery.ts";
import { newRun } from "./run.ts";
import { ENV } from "./testing/connector_rig.ts";
import { fakeVenue } from "./testing/fake_venue.ts";
import { MINUTE_US, RunWriter, START_US } from "./testing/run_writer.ts";

const SECOND_US = 1_000_000;

/** A bus that keeps what it is given, and holds back when it is told to. */
class KeepingBus implements Publisher {
  readonly stored: OutMessage[] = [];
  acknowledgedId = "";
  pending = 0;
  connected = true;
  refusal = undefined;
  full = false;

  constructor(readonly durable = true) {}

  get ids(): string[] {
    return this.stored.map(({ id }) => id);
  }
  publish(message: OutMessage): void {
    this.stored.push(message);
    this.acknowledgedId = message.id;
  }
  ready(): Promise<void> {
    return new Promise(() => {});
  }
  flush = () => Promise.resolve();
  close = () => Promise.resolve();

  get transport(): Transport {
    const { durable } = this;
    const state = () => Promise.resolve({ firstSequence: 1, lastSequence: this.stored.length });
    const read = async function* (this: KeepingBus, { from, toSequence }: ReadOptions) {
      await Promise.resolve();
      yield this.stored.slice("sequence" in from ? from.sequence - 1 : 0, toSequence);
    };
    return { durable, state, read: read.bind(this) } as unknown as Transport;
  }
}

/** One start of a connector up to where it would connect; `killed` leaves the segments. */
async function recovered(dir: string, bus: KeepingBus, killed = false) {
  const { transport } = bus;
  const storage = memoryStorage();
  const logger = silentLogger;
  const publishQueue = new PublishQueue({
    publisher: bus,
    spillPath: `${dir}/outbox`,
    logger,
  });
  const rawFiles = new RawFiles({
    ...{ env: ENV, feed: "fake", storage, transport, publisher: bus, logger, onLost: () => {} },
  });
  const before = bus.stored.length;
  const options = {
    dir,
    env: ENV,
    feed: "fake",
    venue: fakeVenue(),
    transport,
    publishQueue,
    logger,
  };
  if (killed) rawFiles.add = () => {};
  const lastStop = await recover({ ...options, rawFiles, turns: [] });
  if (!killed) await rawFiles.close();
  publishQueue.close();
  return { lastStop, ids: bus.ids.slice(before) };
}

async function inFolder(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function run(dir: string, name: string, atUs: number, trades: number): Promise<RunWriter> {
  const writer = new RunWriter(dir, name);
  await writer.event(atUs, "connect");
  await writer.trades(atUs + SECOND_US, 0, trades);
  await writer.end();
  return writer;
}

function segmentsIn(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map(({ name }) => name).filter((n) => n.endsWith(".log"));
}

Deno.test("a run that the bus holds in part is published from there on, and only that", () =>
  inFolder(async (dir) => {
    const one = await run(dir, "m1", START_US, 100);
    const bus = new KeepingBus();
    for (const message of one.messages.slice(0, 40)) bus.publish(message);
    const { ids } = await recovered(dir, bus);
    assert.deepEqual(ids, one.ids.slice(40));
    assert.deepEqual(bus.stored.map(({ payload }) => payload), one.messages.map((m) => m.payload));
    assert.deepEqual(segmentsIn(dir), []);
  }));

Deno.test("frames that the disk lost although their records were published are told in the gap", () =>
  inFolder(async (dir) => {
    const one = await run(dir, "m1", START_US, 100);
    const bus = new KeepingBus();
    for (const message of one.messages) bus.publish(message);
    const name = segmentsIn(dir).sort().at(-1);
    const lines = (await Deno.readTextFile(`${dir}/${name}`)).split("\n");
    await Deno.writeTextFile(`${dir}/${name}`, `${lines.slice(0, -8).join("\n")}\n`);
    const { lastStop, ids } = await recovered(dir, bus);
    assert.deepEqual(ids, []);
    assert.match(
      lastStop?.why ?? "",
      /; the disk lost 7 later lines whose records were published$/,
    );
  }));

Deno.test("what the bus refused is published as late, although later messages are stored", () =>
  inFolder(async (dir) => {
    const one = await run(dir, "m1", START_US, 100);
    const bus = new KeepingBus();
    const refused = (i: number) => i >= 20 && i < 60 && i % 3 === 0;
    one.messages.slice(0, 80).filter((_, i) => !refused(i)).forEach((each) => bus.publish(each));
    const { ids } = await recovered(dir, bus);
    const late = one.ids.filter((_, i) => refused(i));
    assert.deepEqual(ids, [...late, ...one.ids.slice(80)]);
    const marked = bus.stored.filter((message) => message.late);
    assert.deepEqual(marked.map(({ id }) => id), late);
  }));

Deno.test("a run goes on where its checkpoint says when its first segments are gone", () =>
  inFolder(async (dir) => {
    const one = new RunWriter(dir, "m1", ["A", "B", "C"]);
    await one.event(START_US, "connect", 1);
    await one.event(START_US, "connect", 2);
    await one.frame(START_US, { snap: "A", n: 1 });
    await one.frame(START_US + 1, { trade: "C", id: 1 }, 2);
    await one.frame(START_US + 2, { book: "A", n: 4 });
    await one.event(START_US + 3, "disconnect", 2);
    await one.frame(START_US + MINUTE_US, { snap: "A", n: 5 });
    await one.frame(START_US + MINUTE_US + 1, { strange: 1 }, 2);
    await one.frame(START_US + MINUTE_US + 2, { trade: "C", id: 2, count: 3 }, 2);
    await one.end();
    const [first] = segmentsIn(dir).sort();
    await Deno.remove(`${dir}/${first}`);
    const bus = new KeepingBus(false);
    await recovered(dir, bus);
    const begin = one.ids.findIndex((id) => id.startsWith("m1-7-"));
    assert.ok(begin > 0);
    assert.deepEqual(bus.stored, one.messages.slice(begin));
  }));

Deno.test("old runs are published in order, whichever of them the bus holds last", () =>
  inFolder(async (dir) => {
    const one = await run(dir, "m1", START_US, 10);
    // The second run died before anything of it, or of the first one's rest, was published.
    const two = await run(dir, "m2", START_US + MINUTE_US, 10);
    const bus = new KeepingBus();
    for (const message of one.messages.slice(0, 4)) bus.publish(message);
    const { ids } = await recovered(dir, bus);
    assert.deepEqual(ids, [...one.ids.slice(4), ...two.ids]);
  }));

Deno.test("a recovery that dies is done again, and the bus has everything once", () =>
  inFolder(async (dir) => {
    const one = await run(dir, "m1", START_US, 10);
    const two = await run(dir, "m2", START_US + MINUTE_US, 10);
    const all = [...one.ids, ...two.ids];
    for (const durable of [true, false]) {
      const bus = new KeepingBus(durable);
      await recovered(dir, bus, true);
      await recovered(dir, bus, true);
      // A bus that keeps nothing gets all again: what is archived is dropped there, by id.
      assert.deepEqual(bus.ids, durable ? all : [...all, ...all]);
    }
  }));

Deno.test("dead letters of the last lines are sent again, those before are not", () =>
  inFolder(async (dir) => {
    const one = new RunWriter(dir, "m1");
    await one.event(START_US, "connect");
    for (let i = 0; i < 3; i++) await one.frame(START_US + i, { strange: i });
    await one.end();
    const [, , third, fourth, ...rest] = one.messages;
    assert.deepEqual(one.ids, ["m1-2-0", "m1-2-1", "m1-3-0", "m1-3-1", "m1-4-0", "m1-4-1"]);
    const bus = new KeepingBus();
    for (const message of one.messages.slice(0, 3)) bus.publish(message);
    const { ids } = await recovered(dir, bus);
    assert.deepEqual(ids, [fourth?.id, ...rest.map(({ id }) => id)]);
    assert.equal(third?.subject, "test.fake.gap._all");
  }));

Deno.test("the next gap begins with the last line of each connection, over any number of runs", () =>
  inFolder(async (dir) => {
    const symbols = ["A", "B", "C"];
    const one = new RunWriter(dir, "m1", symbols);
    await one.event(START_US, "connect", 1);
    await one.event(START_US, "connect", 2);
    await one.frame(START_US + 10, { trade: "A", id: 1 }, 1);
    await one.frame(START_US + 20, { trade: "C", id: 1 }, 2);
    await one.end();
    const bus = new KeepingBus();
    const first = await recovered(dir, bus, true);
    assert.deepEqual(first.lastStop?.lastGoodAtUs, { 1: START_US + 10, 2: START_US + 20 });
    assert.match(first.lastStop?.why ?? "", /^the process ended at 2026-08-01T02:53:00\.00002/);
    // A run in which one connection brings no data, and the other says nothing at all.
    const two = new RunWriter(dir, "m2", symbols);
    await two.event(START_US + MINUTE_US, "resumed", 1, START_US + 10);
    await two.event(START_US + MINUTE_US + 1, "connect", 1);
    await two.end();
    const second = await recovered(dir, bus);
    assert.deepEqual(second.lastStop?.lastGoodAtUs, { 1: START_US + 10, 2: START_US + 20 });
    assert.equal(second.lastStop?.lastUs, START_US + MINUTE_US + 1);
    assert.deepEqual(segmentsIn(dir), []);
    // The segments are gone, and the run after them died before its first line.
    const third = await recovered(dir, bus);
    assert.deepEqual(third.lastStop, second.lastStop);
  }));

Deno.test("a run that was killed while its clock was bad leaves that to the next one", () =>
  inFolder(async (dir) => {
    const one = new RunWriter(dir, "m1", ["A", "B", "C"]);
    await one.event(START_US, "connect", 1);
    await one.event(START_US + 10, "clock", 1, START_US + 5);
    await one.event(START_US + 11, "clock", 2, START_US + 5);
    // The next segment goes on from what its head tells.
    await one.event(START_US + MINUTE_US, "clock_good", 2, START_US + 5);
    await one.end();
    const bus = new KeepingBus();
    const { lastStop } = await recovered(dir, bus);
    assert.deepEqual(lastStop?.suspectUs, { 1: START_US + 5 });
    assert.deepEqual(bus.ids, one.ids);
    assert.deepEqual(readLastStop(dir), lastStop);
  }));

Deno.test("a new run is later than all that the spool knows, also when the clock was set back", () =>
  inFolder(async (dir) => {
    assert.equal(newRun(`${dir}/none`, 35), "z");
    assert.equal(newRun(dir, 35), "z");
    await run(dir, "zz", START_US, 1);
    assert.equal(newRun(dir, 35), "100");
    await recovered(dir, new KeepingBus());
    assert.deepEqual(segmentsIn(dir), []);
    assert.equal(newRun(dir, 35), "100");
    assert.equal(newRun(dir, 36 ** 4), "10000");
    // It died with lines of an earlier hour.
    await run(dir, "100", START_US - 60 * MINUTE_US, 1);
    const { lastStop } = await recovered(dir, new KeepingBus());
    assert.equal(lastStop?.run, "100");
  }));

Deno.test("how a run ended is noted before its segments go", () =>
  inFolder(async (dir) => {
    await run(dir, "m1", START_US, 3);
    const { lastStop } = await recovered(dir, new KeepingBus(), true);
    assert.deepEqual(readLastStop(dir), lastStop);
    assert.equal(segmentsIn(dir).length, 1);
  }));

Deno.test("a segment without a whole header was never accepted: it goes, and nothing is made of it", () =>
  inFolder(async (dir) => {
    const one = await run(dir, "m1", START_US, 3);
    await Deno.writeTextFile(`${dir}/m1-000000000005.log`, `{"run":"m1","env":`);
    const bus = new KeepingBus();
    const { lastStop } = await recovered(dir, bus);
    assert.deepEqual(bus.ids, one.ids);
    assert.equal(lastStop?.lastUs, START_US + 3 * SECOND_US);
    assert.deepEqual(segmentsIn(dir), []);
  }));

Deno.test("a line of the spool whose frame is damaged gives a gap and a dead letter, as it will from raw", () =>
  inFolder(async (dir) => {
    const one = await run(dir, "m1", START_US, 3);
    const [name = ""] = segmentsIn(dir);
    const text = await Deno.readTextFile(`${dir}/${name}`);
    await Deno.writeTextFile(
      `${dir}/${name}`,
      text.replace(`"m":{"trade":"A","id":1}`, `"m":{"tra`),
    );
    const bus = new KeepingBus();
    await recovered(dir, bus);
    const second = one.ids[1] as string;
    const letter = second.replace(/-0$/, "-1");
    assert.deepEqual(bus.ids, [one.ids[0], second, letter, one.ids[2]]);
  }));

Deno.test("the spool and the note of a version with other names for them are read", () =>
  inFolder(async (dir) => {
    const writer = new RunWriter(dir, "m1", ["A"]);
    await writer.event(START_US, "connect");
    await writer.frame(START_US + 1, { trade: "A", id: 1 });
    await writer.event(START_US + MINUTE_US, "disconnect");
    await writer.end();
    await Deno.remove(`${dir}/${segmentsIn(dir)[0]}`);
    for (const name of segmentsIn(dir)) {
      const text = await Deno.readTextFile(`${dir}/${name}`);
      const old = text.replaceAll('"continuity":', '"good":')
        .replaceAll('"lastGoodAtUs":', '"goodUs":');
      await Deno.writeTextFile(`${dir}/${name}`, old);
    }
    const { lastStop } = await recovered(dir, new KeepingBus());
    assert.deepEqual(lastStop?.lastGoodAtUs, { 1: START_US + 1 });
    const path = `${dir}/last-stop.json`;
    const note = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, note.replace("lastGoodAtUs", "goodUs"));
    assert.deepEqual(readLastStop(dir)?.lastGoodAtUs, { 1: START_US + 1 });
  }));

Deno.test("a spool without segments and without a note is a first start", () =>
  inFolder(async (dir) => {
    assert.equal((await recovered(dir, new KeepingBus())).lastStop, undefined);
    await Deno.writeTextFile(`${dir}/last-stop.json`, `{"lastUs":"yesterday"}`);
    assert.equal((await recovered(dir, new KeepingBus())).lastStop, undefined);
  }));

Deno.test("what a killed run knew of its markets is told to the next one, by a stop in between too", () =>
  inFolder(async (dir) => {
    const writer = new RunWriter(dir, "m1", ["A"]);
    await writer.event(START_US, "connect");
    await writer.frame(START_US + 1, { snap: "A", n: 1 });
    await writer.frame(START_US + 2, { book: "A", n: 5 });
    await writer.end();
    const { lastStop } = await recovered(dir, new KeepingBus());
    const gap = lastStop?.carried?.["A"]?.["gap"] as { reason: string; fromUs: number };
    assert.deepEqual([gap.reason, gap.fromUs], ["sequence", START_US + 2]);
    assert.deepEqual([lastStop?.planned, readLastStop(dir)?.carried], [
      undefined,
      lastStop?.carried,
    ]);
    // The segments have gone; a start that dies before its first line knows it still.
    const again = await recovered(dir, new KeepingBus());
    assert.deepEqual(again.lastStop?.carried, lastStop?.carried);
  }));
