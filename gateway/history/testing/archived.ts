import {
  changedManifest,
  dayOfUs,
  type ManifestFile,
  type ManifestGap,
  manifestGap,
  manifestTimes,
  NormalizedFileBuilder,
  normalizedKey,
  openManifest,
  putSealed,
  RecordSorter,
  saveManifest,
  sealedKey,
} from "@ssmd/archive";
import { Encoder } from "@ssmd/codec";
import type { MarketEvent } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";

const SOFTWARE = { version: "0.1.0", commit: "abc1234" };
const SOURCE = { processor: "archiver-main", software: SOFTWARE, source: "memory" };
const MINUTE_US = 60_000_000;

/** Writes records of one feed into an archive for tests, as the archiver does. */
export class TestArchive {
  readonly storage: Storage;
  #feedId: { env: string; feed: string };
  #encoder = new Encoder();
  #part = 0;
  #events = new Map<string, MarketEvent[]>();

  constructor(storage: Storage, env: string, feed: string) {
    this.storage = storage;
    this.#feedId = { env, feed };
  }

  /** Adds windows of these records: one file per type and minute. */
  async write(events: readonly MarketEvent[]): Promise<void> {
    this.#part++;
    const keyOf = ({ type, receivedAtUs }: MarketEvent) =>
      `${type} ${Math.floor(receivedAtUs / MINUTE_US)}`;
    const byDay = new Map<string, ManifestFile[]>();
    for (const group of Map.groupBy(events, keyOf).values()) {
      const { type, receivedAtUs } = group[0] as MarketEvent;
      const day = dayOfUs(receivedAtUs);
      byDay.set(day, [...byDay.get(day) ?? [], await this.#writeWindow(group)]);
      const key = `${type} ${day}`;
      this.#events.set(key, [...this.#events.get(key) ?? [], ...group]);
    }
    const gaps = events.filter((event) => event.type === "gap");
    for (const [day, files] of byDay) {
      const ofDay = gaps.filter(({ receivedAtUs }) => dayOfUs(receivedAtUs) === day);
      await this.#change(day, { files, gaps: ofDay.map(manifestGap) }, new Set());
    }
  }

  /** Seals a type of a day: one sorted file replaces its windows. */
  async seal(type: MarketEvent["type"], day: string, tempDir: string): Promise<void> {
    const events = this.#events.get(`${type} ${day}`);
    if (events === undefined) return;
    const sorter = new RecordSorter(type, { tempDir });
    for (const event of events) sorter.add(event);
    const key = sealedKey({ ...this.#feedId, type, day });
    const source = { ...this.#feedId, ...SOURCE, day, nowUs: events[0]?.receivedAtUs ?? 0 };
    const file = await putSealed(this.storage, key, { sorted: sorter.sorted(), source });
    sorter.close();
    const manifest = await openManifest(this.storage, { kind: "normalized", ...this.#feedId, day });
    const windows = manifest.files.filter((each) => each.type === type && each.key !== key);
    await this.#change(day, { files: [file] }, new Set(windows.map((each) => each.key)));
    for (const window of windows) await this.storage.delete(window.key);
  }

  async #writeWindow(events: readonly MarketEvent[]): Promise<ManifestFile> {
    const { type, receivedAtUs } = events[0] as MarketEvent;
    const builder = new NormalizedFileBuilder(type);
    events.forEach((event, i) => {
      const payload = this.#encoder.encode(event);
      const position = { streamSequence: i + 1, run: "m1", frame: i + 1, index: 0 };
      const { receivedAtUs, sequence } = event;
      builder.add({ payload, receivedAtUs, sequence, ...position });
    });
    const built = builder.finish({ ...this.#feedId, ...SOURCE }, receivedAtUs);
    const key = normalizedKey({ ...this.#feedId, type, atUs: receivedAtUs, part: this.#part });
    await this.storage.put(key, built.bytes);
    return {
      ...{ key, type, count: events.length, bytes: built.bytes.length, sha256: built.sha256 },
      ...manifestTimes(builder.firstUs, builder.lastUs),
      sequence: built.lineage.sequence,
    };
  }

  async #change(
    day: string,
    added: { files: ManifestFile[]; gaps?: ManifestGap[] },
    without: ReadonlySet<string>,
  ): Promise<void> {
    const manifest = await openManifest(this.storage, { kind: "normalized", ...this.#feedId, day });
    const files = manifest.files.filter(({ key }) => !without.has(key));
    const change = { ...added, writtenBy: "0.1.0+abc1234", nowUs: Date.now() * 1000 };
    await saveManifest(this.storage, changedManifest({ ...manifest, files }, change));
  }
}
