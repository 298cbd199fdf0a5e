import { type CapturedLine, normalizerOn, type SymbolSpec, type Venue } from "@ssmd/exchanges";
import { isoOfUs } from "@ssmd/runtime";
import { readCapture } from "./capture.ts";
import type { CaptureSection, CaptureSummary } from "./capture_summary.ts";
import type { CaptureEvent, CaptureLine } from "./capture_line.ts";

/** A connection as it was recorded. */
interface RecordedConnection {
  symbols: SymbolSpec[];
  /** Id of the normalizer of its wire format. */
  normalizer: string;
}

/** A line of a recording and of which connection it is, counted from 0. */
type RecordedLine = CapturedLine & {
  connection: number;
  /** What came before it is of another session: nothing is waited for. */
  isFresh?: boolean;
};

/** Lines that are sought in the stream of files before they are given. */
const BATCH_LINES = 1024;
const UTF8 = new TextEncoder();

/**
 * Recordings of one venue as the lines of their connections. Files of ours name their connection:
 * they are put into its order, and those of several connections in the order of their times. Files
 * of other recorders follow each other as one connection, as long as they are of one wire format.
 */
export class Recording {
  readonly connections: RecordedConnection[] = [];
  /** Time of the first line, µs. */
  readonly firstUs: number;
  #chains: CaptureSummary[][];
  #byKey = new Map<string, number>();
  #venue: Venue;

  /** What is played is read once more from the files. */
  constructor(venue: Venue, summaries: readonly CaptureSummary[]) {
    this.#venue = venue;
    this.firstUs = Math.min(...summaries.map(({ firstUs }) => firstUs));
    const ofConnection = (summary: CaptureSummary) => summary.sections[0]?.header?.connection ?? "";
    this.#chains = [...Map.groupBy(summaries, ofConnection).values()].map((chain) =>
      chain.toSorted((a, b) => linesBefore(a) - linesBefore(b))
    );
    for (const summary of this.#chains.flat()) {
      for (const section of summary.sections) this.#note(section, summary);
    }
  }

  #note(section: CaptureSection, summary: CaptureSummary): void {
    const normalizer = this.#formatOf(section);
    const key = keyOf(section, normalizer);
    const index = this.#byKey.get(key) ?? this.connections.length;
    this.#byKey.set(key, index);
    const { symbols } = this.connections[index] ??= { symbols: [], normalizer };
    for (const spec of section.header?.symbols ?? this.#symbolsOf(summary)) {
      if (!symbols.some(({ external }) => external === spec.external)) symbols.push({ ...spec });
    }
  }

  #symbolsOf({ symbols, refused, depths }: CaptureSummary): SymbolSpec[] {
    return [...new Set([...symbols, ...refused])].map((external) => {
      const [depth] = depths[external] ?? [];
      const symbol = this.#venue.symbolOf(external);
      const spec: SymbolSpec = { symbol, external, isOrderUnknown: true };
      return depth === undefined ? spec : { ...spec, depth };
    });
  }

  /** The wire format of the day of the first line; the newest where that is no time of the venue. */
  #formatOf({ header, firstUs }: CaptureSection): string {
    const { normalizers } = this.#venue;
    const named = normalizers.find(({ id }) => id === header?.normalizer);
    if (named !== undefined) return named.id;
    const [oldest] = normalizers;
    const day = Number.isNaN(firstUs) ? "" : isoOfUs(firstUs).slice(0, 10);
    if (oldest === undefined || day >= oldest.from) return normalizerOn(this.#venue, day).id;
    return normalizers.at(-1)?.id ?? "";
  }

  /** All lines, some at a time. Throws as `readCapture` does. */
  async *lines(): AsyncGenerator<RecordedLine[]> {
    const cursors = await Promise.all(
      this.#chains.map((chain) => Cursor.open(this.#chainLines(chain))),
    );
    let batch: RecordedLine[] = [];
    for (;;) {
      let next: Cursor | undefined;
      for (const cursor of cursors) {
        if (cursor.line === undefined) continue;
        if (next?.line === undefined || cursor.line.atUs < next.line.atUs) next = cursor;
      }
      if (next?.line === undefined) break;
      batch.push(next.line);
      if (!next.step()) await next.fill();
      if (batch.length < BATCH_LINES) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  async *#chainLines(chain: readonly CaptureSummary[]): AsyncGenerator<RecordedLine[]> {
    const states = new Map<number, ConnectionLines>();
    for (const { file, sections } of chain) {
      const named = sections.values().filter(({ header }) => header !== undefined);
      let current = this.#stateOf(states, sections[0]);
      if (linesBefore({ sections }) === 0) current.isFresh = true;
      for await (const lines of readCapture(file)) {
        const out: RecordedLine[] = [];
        for (const line of lines) {
          if (line.kind === "capture") {
            current = this.#stateOf(states, named.next().value);
            current.begin(line.header.linesBefore);
          } else current.take(line, out);
        }
        if (out.length > 0) yield out;
      }
    }
  }

  #stateOf(states: Map<number, ConnectionLines>, section: CaptureSection = { firstUs: NaN }) {
    const index = this.#byKey.get(keyOf(section, this.#formatOf(section))) ?? 0;
    const known = states.get(index) ?? new ConnectionLines(index, section.firstUs);
    states.set(index, known);
    return known;
  }
}

function linesBefore({ sections }: Pick<CaptureSummary, "sections">): number {
  return sections[0]?.header?.linesBefore ?? 0;
}

function keyOf({ header }: CaptureSection, normalizer: string): string {
  return header === undefined ? ` ${normalizer}` : header.connection;
}

/** The lines of one connection; says where the recording shows a break without a line for it. */
class ConnectionLines {
  isFresh = false;
  #connection: number;
  #count = 0;
  #hasData = false;
  #lastUs = 0;
  /** Why the next line does not follow the last one; "" = it does. */
  #break = "";

  constructor(connection: number, firstUs: number) {
    this.#connection = connection;
    this.#lastUs = firstUs || this.#lastUs;
  }

  /** A file begins, of a connection that had so many lines. */
  begin(linesBefore: number): void {
    if (this.#count > 0 && linesBefore !== this.#count) {
      const missing = `lines ${this.#count + 1} to ${linesBefore} are not among the files`;
      this.#break = linesBefore > this.#count ? missing : "the files do not follow each other";
    }
    this.#count = linesBefore;
  }

  take(line: Exclude<CaptureLine, { kind: "capture" }>, out: RecordedLine[]): void {
    this.#count++;
    const given = this.#lineOf(line);
    if (given.kind === "event" && given.name === "connect" && this.#hasData) {
      this.#break ||= "the recording shows a new connection";
    }
    if (this.#break !== "") {
      const why = this.#break;
      this.#push({ kind: "event", atUs: given.atUs, name: "disconnect", why }, out);
    }
    this.#push(given, out);
  }

  #push(line: CapturedLine, out: RecordedLine[]): void {
    this.#lastUs = line.atUs;
    this.#break = "";
    if (line.kind === "event") this.#hasData &&= !ENDS.has(line.name);
    else this.#hasData = true;
    const { isFresh } = this;
    this.isFresh = false;
    out.push({ ...line, connection: this.#connection, ...(isFresh ? { isFresh } : {}) });
  }

  #lineOf(line: Exclude<CaptureLine, { kind: "capture" }>): CapturedLine {
    // It may have been any frame: it is kept, and its place is a gap.
    if (line.kind !== "unreadable") return line;
    return { kind: "binary", atUs: this.#lastUs, bytes: UTF8.encode(line.text) };
  }
}

/** Events after which a new connection is no news. */
const ENDS: ReadonlySet<CaptureEvent["name"]> = new Set(["disconnect", "stop", "resumed"]);

/** A place in the lines of a chain of files. */
class Cursor {
  #lines: AsyncGenerator<RecordedLine[]>;
  #batch: RecordedLine[] = [];
  #at = 0;

  private constructor(lines: AsyncGenerator<RecordedLine[]>) {
    this.#lines = lines;
  }

  static async open(lines: AsyncGenerator<RecordedLine[]>): Promise<Cursor> {
    const cursor = new Cursor(lines);
    await cursor.fill();
    return cursor;
  }

  /** The next line; undefined at the end. */
  get line(): RecordedLine | undefined {
    return this.#batch[this.#at];
  }

  /** Goes on by one; whether the next line is at hand. */
  step(): boolean {
    return ++this.#at < this.#batch.length;
  }

  async fill(): Promise<void> {
    const { value, done } = await this.#lines.next();
    this.#batch = done ? [] : value;
    this.#at = 0;
  }
}
