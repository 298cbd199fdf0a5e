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

/** Minutes of a day, and room for the types beside them in a window's number. */
const TYPES_MAX = 8;

/** A record's place in its run, and the newest minute that the run has reached. */
interface RunWatermark {
  frame: number;
  index: number;
  minute: number;
}

/** receivedAt of the latest record that is archived of a shard, µs; 0 = none is known. */
export function lastArchivedUs({ files }: Manifest, shard: string): number {
  // A sealed day is of all shards together.
  const own = shard === ""
    ? files
    : files.filter(({ key }) => parseNormalizedKey(key)?.shard === shard);
  return Math.max(0, ...own.map(({ to }) => usOfNsText(to)));
}

/** Records of one type and minute that wait to become a file. */
export interface Window {
  day: Day;
  type: EventType;
  /** Minute of the day. */
  minute: number;
  builder: NormalizedFileBuilder;
  /** The gap records among them, as the manifest lists them. */
  gaps: ManifestGap[];
  /** Ids of the late records among them. */
  late: string[];
  /** The tick in which the last record came. */
  touchedTick: number;
}

/**
 * One day of one feed: its manifest as it lies in storage, the windows that are open, and how far
 * each run has got in both.
 */
export class Day {
  /** `YYYY-MM-DD`. */
  readonly name: string;
  readonly startUs: number;
  manifest: Manifest;
  /** Symbols seen since the start of this process. */
  readonly symbols = new Set<string>();
  /** receivedAt of the latest record, in windows or archived, µs; 0 = none. */
  lastUs = 0;
  /** Whether a run went back to an earlier minute: then only all windows together may be cut. */
  disorder = false;
  #windows = new Map<number, Window>();
  #marks = new Map<string, RunWatermark>();
  /** Ids of late records, in windows or in the archive. */
  #late: Set<string>;

  /** Ids of fires and actions, in windows or in the archive. */
  #derived: Set<string>;

  /** A day that goes on where `manifest` ends; `derived` are the ids of its fires and actions. */
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

  /** How many windows are open. */
  get open(): number {
    return this.#windows.size;
  }

  /**
   * Moves a run on to a place. False when the run has been there: then the record is held already.
   */
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

  /** Notes a fire or an action by its id; false = it is in a window or in the archive. */
  takeDerived(id: string): boolean {
    if (this.#derived.has(id)) return false;
    this.#derived.add(id);
    return true;
  }

  /** Whether a record that came behind later ones of its run is in a window or in the archive. */
  hasLate(id: string): boolean {
    return this.#late.has(id);
  }

  /** Takes a record that came behind later ones of its run. */
  takeLate(id: string, minute: number): void {
    this.#late.add(id);
    const mark = this.#marks.get(id.slice(0, id.indexOf("-")));
    if (mark !== undefined && minute < mark.minute) this.disorder = true;
  }

  /** Whether the list of late records has no room. */
  get isLateFull(): boolean {
    return this.#late.size >= LIMITS.lateRecordsMax;
  }

  /** Whether a record is in a window or in the archive. */
  holds(position: Position): boolean {
    const mark = this.#marks.get(position.run);
    return mark !== undefined && compareFrameOffsets(mark, position) >= 0;
  }

  /** The open window of a type and minute. */
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
   * Takes out the windows up to and including a minute, all of them after a disorder, so that no
   * run has a record left here that is older than one taken. Ordered by minute and type.
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

  /** The windows that are open. */
  windows(): Iterable<Window> {
    return this.#windows.values();
  }
}
