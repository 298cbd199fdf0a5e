import { Encoder } from "@ssmd/codec";
import { GATEWAY_LIMITS } from "../limits.ts";
import { type Kept, PackedRecords } from "./packed_records.ts";
import { compareRecords } from "./position.ts";

/** Record budget shared by all series. */
export class RecentBudget {
  /** Records held by all series. */
  total = 0;
  /** Number of series. */
  series = 0;

  /** Records that one series may keep when the budget is exceeded. */
  get share(): number {
    return Math.max(
      1,
      Math.floor(GATEWAY_LIMITS.historyRecordsTotalMax / Math.max(1, this.series)),
    );
  }
}

const ENCODER = new Encoder();

/**
 * Newest records of one type of one market, in order of receipt, complete from {@linkcode floorUs}
 * on. Keeps the last minutes, to overlap with the archive, and a minimum count regardless of age.
 * Records are stored compressed in the bus's encoding, at a fifteenth of their size as objects, and
 * decoded on read.
 */
export class RecentSeries<R extends Kept> {
  #type: R["type"];
  /** Blocks, the oldest first. */
  #blocks: PackedRecords<R>[] = [];
  #length = 0;
  #floorUs: number;
  #budget: RecentBudget;

  /** The caller must add all records received from `floorUs` on. */
  constructor(type: R["type"], budget: RecentBudget, floorUs: number) {
    this.#type = type;
    this.#budget = budget;
    this.#floorUs = floorUs;
    budget.series++;
  }

  /** Time from which all received records are held, µs. */
  get floorUs(): number {
    return this.#floorUs;
  }

  /** Records held. */
  get length(): number {
    return this.#length;
  }

  /** Adds a record, late ones in order; ignores one received before the floor. */
  add(record: R, message: Uint8Array = ENCODER.encode(record)): void {
    if (record.receivedAtUs < this.#floorUs) return;
    if (isBehind(record, this.#blocks.at(-1))) this.#push(record, message);
    else this.#insert(record, message);
  }

  /** Drops records before `floorUs`, because some may be missing there. */
  raise(floorUs: number): void {
    if (floorUs <= this.#floorUs) return;
    this.#floorUs = floorUs;
    const kept = this.#blocks.findIndex(({ lastUs }) => lastUs >= floorUs);
    for (const block of this.#blocks.splice(0, kept < 0 ? this.#blocks.length : kept)) {
      this.#count(-block.count);
    }
  }

  /**
   * Returns records received in [fromUs, toUs), in order. Records whose venue time and receive time
   * are both at or after `leftOutFromUs` may be omitted to save decoding.
   */
  between(fromUs: number, toUs: number, leftOutFromUs = Infinity): R[] {
    const startUs = Math.max(fromUs, this.#floorUs);
    return this.#blocksIn(startUs, toUs)
      .filter(({ earliestUs }) => earliestUs < leftOutFromUs)
      .flatMap((block) => block.records(this.#type))
      .filter(({ receivedAtUs }) => receivedAtUs >= startUs && receivedAtUs < toUs);
  }

  /** As `between`, in either order, decoded lazily. */
  *walk(fromUs: number, toUs: number, order: "asc" | "desc"): Generator<R, void, undefined> {
    const startUs = Math.max(fromUs, this.#floorUs);
    const blocks = this.#blocksIn(startUs, toUs);
    for (const block of order === "asc" ? blocks : blocks.reverse()) {
      const records = block.records(this.#type);
      for (const record of order === "asc" ? records : records.reverse()) {
        if (record.receivedAtUs >= startUs && record.receivedAtUs < toUs) yield record;
      }
    }
  }

  #blocksIn(fromUs: number, toUs: number): PackedRecords<R>[] {
    return this.#blocks.filter(({ firstUs, lastUs }) => lastUs >= fromUs && firstUs < toUs);
  }

  #push(record: R, message: Uint8Array): void {
    this.#count(1);
    const last = this.#blocks.at(-1);
    if (last?.add(record, message)) return;
    last?.pack();
    const block = new PackedRecords<R>(record, message);
    block.add(record, message);
    this.#blocks.push(block);
    this.#cut();
  }

  /** Inserts a late record in order: the records after it are repacked. */
  #insert(record: R, message: Uint8Array): void {
    const first = this.#blocks.findIndex((block) => !isBehind(record, block));
    const moved = this.#blocks.splice(first).flatMap((block) => {
      this.#count(-block.count);
      const messages = [...block.messages()];
      return block.records(this.#type).map((each, i) => ({
        record: each,
        message: messages[i] as Uint8Array,
      }));
    });
    let at = moved.length;
    while (at > 0 && compareRecords(moved[at - 1]?.record as R, record) > 0) at--;
    moved.splice(at, 0, { record, message });
    for (const each of moved) this.#push(each.record, each.message);
  }

  /** Drops whole blocks that are too old or exceed the budget. */
  #cut(): void {
    const { historyKeptMs, historyRecordsMin, historyRecordsTotalMax } = GATEWAY_LIMITS;
    const newest = (this.#blocks.at(-1) as PackedRecords<R>).lastUs;
    const agedUs = newest - historyKeptMs * 1000;
    const isTooMuch = this.#budget.total > historyRecordsTotalMax;
    let left = this.#length;
    let floorUs = 0;
    for (const { count, lastUs } of this.#blocks.slice(0, -1)) {
      left -= count;
      const isOver = lastUs < agedUs && left >= historyRecordsMin ||
        isTooMuch && left >= this.#budget.share;
      if (!isOver) break;
      // Records of one frame share their time: the floor never splits them.
      floorUs = lastUs + 1;
    }
    this.raise(floorUs);
  }

  #count(records: number): void {
    this.#length += records;
    this.#budget.total += records;
  }
}

/** Whether a record sorts after all of a block. */
function isBehind<R extends Kept>(record: R, block: PackedRecords<R> | undefined): boolean {
  return block === undefined ||
    compareRecords(record, { receivedAtUs: block.lastUs, sequence: block.lastSequence }) >= 0;
}
