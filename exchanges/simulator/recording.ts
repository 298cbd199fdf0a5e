import { type CapturedLine, normalizerOn, type SymbolSpec, type Venue } from "@ssmd/exchanges";
import { isoOfUs } from "@ssmd/runtime";
import { readCapture } from "./capture.ts";
import type { CaptureSection, CaptureSummary } from "./capture_summary.ts";
import type { CaptureEvent, CaptureLine } from "./capture_line.ts";

/** A recorded connection. */
interface RecordedConnection {
  symbols: SymbolSpec[];
  /** Id of the normalizer of its wire format. */
  normalizer: string;
}

/** A line of a recording with the index of its connection. */
type RecordedLine = CapturedLine & {
  connection: number;
  /** Starts a new session: no data is awaited from before. */
  isFresh?: boolean;
};

/** Lines per yielded batch. */
const BATCH_LINES = 1024;
const UTF8 = new TextEncoder();

/**
 * Recordings of one venue as the lines of their connections. Our files name their connection: they
 * are sorted within it, and lines of several connections are merged by time. Files of other
 * recorders form one connection per wire format, in the given order.
 */
export class Recording {
  readonly connections: RecordedConnection[] = [];
  /** Time of the first line, µs. */
  readonly firstUs: number;
  /** Receive times of the first and the last frame of each file, µs. */
  readonly spans: { file: string; firstUs: number; lastUs: number }[];
  #chains: CaptureSummary[][];
  #byKey = new Map<string, number>();
  #venue: Venue;

  /** Lines are read from the files again when played. */
  constructor(venue: Venue, summaries: readonly CaptureSummary[]) {
    this.#venue = venue;
    this.firstUs = Math.min(...summaries.map(({ firstUs }) => firstUs));
    this.spans = summaries.map(({ file, firstUs, lastUs }) => ({ file, firstUs, lastUs }));
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

  /** Wire format on the day of the first line; the newest if that day precedes the venue's first. */
  #formatOf({ header, firstUs }: CaptureSection): string {
    const { normalizers } = this.#venue;
    const named = normalizers.find(({ id }) => id === header?.normalizer);
    if (named !== undefined) return named.id;
    const [oldest] = normalizers;
    const day = Number.isNaN(firstUs) ? "" : isoOfUs(firstUs).slice(0, 10);
    if (oldest === undefined || day >= oldest.from) return normalizerOn(this.#venue, day).id;
    return normalizers.at(-1)?.id ?? "";
  }

  /** Yields all lines in batches. Throws as `readCapture` does. */
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

/** Lines of one connection; inserts a disconnect where the recording shows one without a line. */
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

  /** Starts a file whose connection had `linesBefore` lines. */
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
    // Kept as binary, as it may have been any frame: it gives a gap.
    if (line.kind !== "unreadable") return line;
    return { kind: "binary", atUs: this.#lastUs, bytes: UTF8.encode(line.text) };
  }
}

/** Events after which a new connection is expected. */
const ENDS: ReadonlySet<CaptureEvent["name"]> = new Set(["disconnect", "stop", "resumed"]);

/** Position in the lines of a chain of files. */
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

  /** Next line; undefined at the end. */
  get line(): RecordedLine | undefined {
    return this.#batch[this.#at];
  }

  /** Advances by one; false = the batch is used up. */
  step(): boolean {
    return ++this.#at < this.#batch.length;
  }

  async fill(): Promise<void> {
    const { value, done } = await this.#lines.next();
    this.#batch = done ? [] : value;
    this.#at = 0;
  }
}
