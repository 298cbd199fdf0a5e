import { LIMITS } from "@ssmd/runtime";
import type { EventType } from "@ssmd/market";
import {
  compareFrameOffsets,
  type Manifest,
  type ManifestGap,
  NormalizedFileBuilder,
  parseFrameOffset,
  parseNormalizedKey,
  type Position,
  usOfNsText,
} from "@ssmd/archive";

/** Factor of the minute in a window's number: room for all types. */
const TYPES_MAX = 8;

/** Offset that a run has reached, and its newest minute. */
interface RunWatermark {
  frame: number;
  index: number;
  minute: number;
}

/** Returns receivedAt of a shard's latest archived record, µs; 0 = none. */
export function lastArchivedUs({ files }: Manifest, shard: string): number {
  // A sealed day holds all shards together.
  const own = shard === ""
    ? files
    : files.filter(({ key }) => parseNormalizedKey(key)?.shard === shard);
  return Math.max(0, ...own.map(({ to }) => usOfNsText(to)));
}

/** Records of one type and minute that are not in a file yet. */
export interface Window {
  day: Day;
  type: EventType;
  /** Minute of the day. */
  minute: number;
  builder: NormalizedFileBuilder;
  /** Its gap records, as manifest entries. */
  gaps: ManifestGap[];
  /** Ids of its late records. */
  late: string[];
  /** Tick of the last record. */
  touchedTick: number;
}

/** One day of one feed: its stored manifest, open windows, and each run's watermark over both. */
export class Day {
  /** `YYYY-MM-DD`. */
  readonly name: string;
  readonly startUs: number;
  manifest: Manifest;
  /** Symbols seen since the process started. */
  readonly symbols = new Set<string>();
  /** receivedAt of the latest record, in a window or archived, µs; 0 = none. */
  lastUs = 0;
  /** Whether a run went back to an earlier minute; then windows are only cut all together. */
  disorder = false;
  #windows = new Map<number, Window>();
  #marks = new Map<string, RunWatermark>();
  /** Ids of late records, in windows or archived. */
  #late: Set<string>;

  /** Ids of fires and actions, in windows or archived. */
  #derived: Set<string>;

  /** Continues after `manifest`; `derived` are the ids of its fires and actions. */
  constructor(
    manifest: Manifest,
    startUs: number,
    { derived = new Set(), shard = "" }: { derived?: Set<string>; shard?: string } = {},
  ) {
    this.#derived = derived;
    this.name = manifest.day;
    this.startUs = startUs;
    this.manifest = manifest;
    this.#late = new Set(manifest.late);
    this.lastUs = lastArchivedUs(manifest, shard);
    for (const [run, text] of Object.entries(manifest.positions)) {
      const offset = parseFrameOffset(text);
      if (offset !== undefined) this.#marks.set(run, { ...offset, minute: 0 });
    }
  }

  /** Number of open windows. */
  get open(): number {
    return this.#windows.size;
  }

  /** Advances a run's watermark; false when it is already there: the record is a duplicate. */
  advance(
    run: string,
    frame: number,
    { index, minute }: { index: number; minute: number },
  ): boolean {
    const mark = this.#marks.get(run);
    if (mark === undefined) {
      this.#marks.set(run, { frame, index, minute });
      return true;
    }
    if (frame < mark.frame || (frame === mark.frame && index <= mark.index)) return false;
    mark.frame = frame;
    mark.index = index;
    if (minute < mark.minute) this.disorder = true;
    else mark.minute = minute;
    return true;
  }

  /** Adds the id of a fire or an action; false when it is in a window or archived. */
  takeDerived(id: string): boolean {
    if (this.#derived.has(id)) return false;
    this.#derived.add(id);
    return true;
  }

  /** Whether a late record is in a window or archived. */
  hasLate(id: string): boolean {
    return this.#late.has(id);
  }

  /** Adds a late record: one after later ones of its run. */
  takeLate(id: string, minute: number): void {
    this.#late.add(id);
    const mark = this.#marks.get(id.slice(0, id.indexOf("-")));
    if (mark !== undefined && minute < mark.minute) this.disorder = true;
  }

  /** Whether no further late record can be listed. */
  get isLateFull(): boolean {
    return this.#late.size >= LIMITS.lateRecordsMax;
  }

  /** Whether a record is in a window or archived, by its run's watermark. */
  holds(position: Position): boolean {
    const mark = this.#marks.get(position.run);
    return mark !== undefined && compareFrameOffsets(mark, position) >= 0;
  }

  /** Returns the open window of a type and minute; creates it when missing. */
  window(type: EventType, typeIndex: number, minute: number): Window {
    const number = minute * TYPES_MAX + typeIndex;
    let window = this.#windows.get(number);
    if (window === undefined) {
      const builder = new NormalizedFileBuilder(type);
      window = { day: this, type, minute, builder, gaps: [], late: [], touchedTick: 0 };
      this.#windows.set(number, window);
    }
    return window;
  }

  /**
   * Removes and returns the windows up to and including a minute, or all after a disorder, so that
   * no run keeps a record older than a removed one. Ordered by minute and type.
   */
  cut(upToMinute: number): Window[] {
    const taken: [number, Window][] = [];
    for (const entry of this.#windows) {
      if (this.disorder || entry[1].minute <= upToMinute) taken.push(entry);
    }
    for (const [number] of taken) this.#windows.delete(number);
    if (this.#windows.size === 0) this.disorder = false;
    return taken.sort((a, b) => a[0] - b[0]).map(([, window]) => window);
  }

  /** Returns the open windows. */
  windows(): Iterable<Window> {
    return this.#windows.values();
  }
}
