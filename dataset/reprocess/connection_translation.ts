import {
  type CaptureInfo,
  dayOfUs,
  type ManifestFile,
  readLineBytes,
  usOfNsText,
} from "@ssmd/archive";
import { normalizerFor, originOf, Translator, type Venue, venueNamed } from "@ssmd/exchanges";
import type { Gap, MarketEvent, RunTurn } from "@ssmd/market";
import { ArchiveError } from "@ssmd/runtime";

/** State of a connection's translation between two files; plain JSON. */
export interface TranslationState {
  /** Run of the connector. */
  run: string;
  /** Connection name. */
  connection: string;
  /** Raw files translated. */
  files: number;
  /** Digest of these files; see `digestOf`. */
  digest: string;
  /** Lines translated. */
  lines: number;
  /** Sequence of the last record. */
  sequence: number;
  /** Time of the last line, µs. */
  lastUs: number;
  /** Time of the last line that proves the connection alive, µs; absent in older states. */
  aliveUs?: number;
  /** Normalizer id. */
  normalizer: string;
  /** Venue id. */
  venue: string;
  /** Markets of the connection. */
  symbols: CaptureInfo["symbols"];
  /** The normalizer's state. */
  state: unknown;
  /** Open gaps, for a run that publishes in turns. */
  openGaps?: Gap[];
}

/** Options of a translation. */
export interface TranslationOptions {
  /** Feed id for the records. */
  feed: string;
  /** Normalizer by id or day; default: that of the connection's first day. */
  normalizer?: string;
  /** Venues by id; default: all registered. */
  venues?: Readonly<Record<string, Venue>>;
  /** Turns of the run, if it publishes in turns; default none. */
  turns?: readonly RunTurn[];
  /** Called with the reason and receive time (µs) of an unreadable frame. */
  onUnreadable?: (reason: string, atUs: number) => void;
}

/** Fields taken from a connection's capture line. */
type Origin = Pick<
  CaptureInfo,
  "venue" | "symbols" | "run" | "connection" | "normalizer" | "inTurns"
>;

/** Lines missing from raw. */
interface RawGap {
  /** Key of the file after the missing lines. */
  key: string;
  /** First missing line number. */
  first: number;
  /** Last missing line number. */
  last: number;
}

/**
 * Translates one connection from raw lines to records, file by file, always from its first line or
 * a saved state: a day's first minute depends on earlier books.
 */
export class ConnectionTranslation {
  /** Missing lines found so far. */
  readonly holes: RawGap[] = [];
  #options: TranslationOptions;
  #translator: Translator | undefined;
  #kept: Pick<TranslationState, "normalizer" | "venue" | "symbols"> = {
    normalizer: "",
    venue: "",
    symbols: [],
  };
  #normalizerState: (() => unknown) | undefined;
  #lines = 0;

  /** Starts at the connection's first line, or at a saved state. */
  constructor(options: TranslationOptions, state?: TranslationState) {
    this.#options = options;
    if (state === undefined) return;
    this.#lines = state.lines;
    const inTurns = state.openGaps !== undefined;
    this.#create({ ...state, inTurns }, state.normalizer, { state });
  }

  /** Number of lines translated. */
  get lines(): number {
    return this.#lines;
  }

  /** Returns the current state; undefined before the first file. */
  state(): Omit<TranslationState, "run" | "connection" | "files" | "digest"> | undefined {
    const translator = this.#translator;
    if (translator === undefined) return undefined;
    const { sequence, lastUs, aliveUs, openGaps } = translator;
    const state = this.#normalizerState?.();
    return {
      ...{ lines: this.#lines, sequence, lastUs, aliveUs, ...this.#kept, state },
      ...(openGaps === undefined ? {} : { openGaps }),
    };
  }

  /**
   * Translates the next file; `onEvents` gets each line's records. Missing lines before it become a
   * `disconnect` gap, which invalidates books. Throws ArchiveError for a damaged file, VenueError
   * without a matching normalizer.
   */
  take(file: ManifestFile, bytes: Uint8Array, onEvents: (events: MarketEvent[]) => void): void {
    const before = this.#lines;
    readLineBytes(bytes, file.key, (line) => {
      if (line.kind === "capture") return this.#begin(file, line.info, onEvents);
      this.#lines++;
      const { events, notice } = this.#started(file.key).line(line);
      if (events.length > 0) onEvents(events);
      if (notice?.type === "unreadable") this.#options.onUnreadable?.(notice.reason, line.atUs);
    });
    const taken = this.#lines - before - this.#missingBefore(file);
    if (taken !== file.count) {
      throw new ArchiveError(
        "FILE_COUNT",
        `${file.key} holds ${taken} lines, its manifest says ${file.count}`,
        { hint: "ssmd archive verify tells what else is wrong", context: { key: file.key } },
      );
    }
  }

  #missingBefore({ key }: ManifestFile): number {
    const gap = this.holes.at(-1);
    return gap?.key === key ? gap.last - gap.first + 1 : 0;
  }

  #begin(file: ManifestFile, info: CaptureInfo, onEvents: (events: MarketEvent[]) => void): void {
    const fromUs = usOfNsText(file.from);
    if (this.#translator === undefined) {
      this.#create(info, undefined, {
        state: undefined,
        day: dayOfUs(fromUs),
      });
    }
    if (info.linesBefore === this.#lines) return;
    if (info.linesBefore < this.#lines) {
      throw new ArchiveError(
        "RAW_REPEATED",
        `${file.key} begins after line ${info.linesBefore} of its connection, ` +
          `the files before it hold ${this.#lines}: some lines are there twice`,
        { hint: "ssmd archive verify names every such file", context: { key: file.key } },
      );
    }
    const first = this.#lines + 1;
    const last = info.linesBefore;
    this.holes.push({ key: file.key, first, last });
    this.#lines = last;
    const translator = this.#started(file.key);
    const why = `raw does not have lines ${first} to ${last} of connection ${info.connection}`;
    // Time the gap at the next line, as a resumed connection does.
    const { events } = translator.line({
      ...{ kind: "event", atUs: fromUs, name: "resumed", why },
      fromUs: translator.lastUs,
    });
    onEvents(events);
  }

  #started(key: string): Translator {
    if (this.#translator !== undefined) return this.#translator;
    throw new ArchiveError("RAW_LINE_INVALID", `${key} does not begin with its capture line`, {
      hint: "Restore the file from a copy",
      context: { key },
    });
  }

  #create(
    { venue, symbols, run, connection, normalizer: named, inTurns = false }: Origin,
    id: string | undefined,
    { state, day = "" }: { state: TranslationState | undefined; day?: string | undefined },
  ): void {
    const { feed, venues } = this.#options;
    const normalizer = id ?? this.#options.normalizer ?? named;
    const version = normalizerFor(
      venueNamed(venue, venues),
      normalizer === undefined ? { day } : { day, normalizer },
    );
    const created = version.create({ feed, symbols });
    if (state !== undefined) created.restore(state.state);
    this.#kept = { normalizer: version.id, venue, symbols };
    this.#normalizerState = () => created.state();
    const { sequence = 0, lastUs = 0, aliveUs, openGaps } = state ?? {};
    const turns = inTurns ? this.#options.turns ?? [] : undefined;
    const stood = { sequence, lastUs, aliveUs, openGaps };
    const origin = { ...originOf({ run, connection }), ...stood, turns };
    this.#translator = new Translator(feed, created, origin);
  }
}
