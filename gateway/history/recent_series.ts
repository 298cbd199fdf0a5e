import type { EventBase } from "@ssmd/market";
import { GATEWAY_LIMITS } from "../limits.ts";
import { compareRecords } from "./position.ts";

/** Records in all series together: they bound each other. */
export class RecentBudget {
  /** Records held. */
  total = 0;
  /** Series that hold some. */
  series = 0;

  /** Records that one series may keep when there is no room for more. */
  get share(): number {
    return Math.max(
      1,
      Math.floor(GATEWAY_LIMITS.historyRecordsTotalMax / Math.max(1, this.series)),
    );
  }
}

/**
 * The newest records of one type of one market, in order of receipt, none missing from
 * {@linkcode floorUs} on. Kept are all of the last minutes, so that they reach back into what the
 * archive holds, and the newest few however old they are.
 */
export class RecentSeries<R extends EventBase> {
  #records: R[] = [];
  #floorUs: number;
  #budget: RecentBudget;

  /** All that comes from `floorUs` on is going to be added. */
  constructor(budget: RecentBudget, floorUs: number) {
    this.#budget = budget;
    this.#floorUs = floorUs;
    budget.series++;
  }

  /** All records received at this time or later are held, µs. */
  get floorUs(): number {
    return this.#floorUs;
  }

  /** Records held. */
  get length(): number {
    return this.#records.length;
  }

  /** Adds a record; one that comes late gets its place, one from before the floor is the archive's. */
  add(record: R): void {
    if (record.receivedAtUs < this.#floorUs) return;
    const records = this.#records;
    const last = records.at(-1);
    if (last === undefined || compareRecords(record, last) >= 0) records.push(record);
    else records.splice(this.#indexBehind(record), 0, record);
    this.#budget.total++;
    // Cut in blocks: a shift for each record would move the whole list each time.
    if (records.length % 256 === 0) this.#cut();
  }

  /** Drops records before `floorUs`, as some may be missing there. */
  raise(floorUs: number): void {
    if (floorUs <= this.#floorUs) return;
    this.#floorUs = floorUs;
    this.#drop(this.indexOf(floorUs));
  }

  /** Records received in [fromUs, toUs), in order. */
  between(fromUs: number, toUs: number): R[] {
    return this.#records.slice(this.indexOf(fromUs), this.indexOf(toUs));
  }

  /** The number of records received before a time. */
  indexOf(us: number): number {
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#records[middle] as R).receivedAtUs < us) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #indexBehind(record: R): number {
    let index = this.#records.length;
    while (index > 0 && compareRecords(this.#records[index - 1] as R, record) > 0) index--;
    return index;
  }

  #cut(): void {
    const { historyKeptMs, historyRecordsMin, historyRecordsTotalMax } = GATEWAY_LIMITS;
    const records = this.#records;
    const newest = (records.at(-1) as R).receivedAtUs;
    const aged = this.indexOf(newest - historyKeptMs * 1000);
    let count = Math.min(aged, records.length - historyRecordsMin);
    if (this.#budget.total > historyRecordsTotalMax) {
      count = Math.max(count, records.length - this.#budget.share);
    }
    if (count <= 0) return;
    // Records of one frame share their time: the floor never lies among them.
    this.raise((records[count - 1] as R).receivedAtUs + 1);
  }

  #drop(count: number): void {
    if (count <= 0) return;
    this.#records = this.#records.slice(count);
    this.#budget.total -= count;
  }
}
