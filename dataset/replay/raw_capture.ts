import {
  type CaptureInfo,
  loadManifest,
  type Manifest,
  type ManifestFile,
  nsText,
  type RawLine,
  readRaw,
  usOfNsText,
} from "@ssmd/archive";
import { assertKnown, daysBetween, manifestDays, TIME_US_MAX } from "@ssmd/archive";
import type { Translator } from "@ssmd/exchanges";
import { allTurns, type RunTurn, type Turn, turnsOf } from "@ssmd/market";
import { ArchiveError, DAY_US } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { newTranslator, translatorBefore } from "./connection_before.ts";

/** Selects raw frames. */
export interface RawSpan {
  env: string;
  feed: string;
  /** Default: all days. */
  fromUs?: number;
  toUs?: number;
}

/** Result of a capture. */
export interface RawCapture {
  /** Venue whose wire format the frames have. */
  venue: string;
  frames: number;
  /** Connections with frames in it. */
  connections: string[];
  /**
   * Connections left out as duplicates: they carried the same markets at the same time, or their
   * connector never had the turn in this span.
   */
  leftOut: string[];
  /**
   * Whether it starts mid-connection without the earlier lines: books are unknown until the next
   * snapshot. Otherwise it starts with book snapshots.
   */
  isCut: boolean;
}

/** Characters buffered before writing. */
const WRITE_CHARS = 256 * 1024;
const UTF8 = new TextEncoder();

type TakeLine = (line: Exclude<RawLine, { kind: "capture" }>) => void;

interface Line {
  atUs: number;
  text: string;
}

/** A connection whose frames are included. */
interface Carrier {
  symbols: ReadonlySet<string>;
  toUs: number;
}

/**
 * Writes the frames received in a span into one capture, in order over all connections, holding at
 * most one minute's files in memory. Throws ArchiveError `RAW_NONE` without frames, and the
 * reader's errors.
 */
export async function writeRawCapture(
  storage: Storage,
  span: RawSpan,
  path: string,
): Promise<RawCapture> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  const manifests: Manifest[] = [];
  for (const day of await rawDays(storage, span)) {
    const manifest = await loadManifest(storage, { kind: "raw", ...feedOf(span), day });
    if (manifest !== undefined) manifests.push(manifest);
  }
  const writer = new CaptureWriter(file, span, allTurns(manifests));
  for (const { files } of manifests) {
    for (const each of files.toSorted((a, b) => usOfNsText(a.from) - usOfNsText(b.from))) {
      if (isWithin(each, span)) await writer.add(storage, each);
    }
  }
  return writer.end();
}

function feedOf({ env, feed }: RawSpan) {
  return { env, feed };
}

function isWithin(
  { from, to }: ManifestFile,
  { fromUs = 0, toUs = TIME_US_MAX }: RawSpan,
): boolean {
  return usOfNsText(from) < toUs && usOfNsText(to) >= fromUs;
}

/** Returns days with raw files that may hold frames of the span; files may span midnight. */
async function rawDays(storage: Storage, span: RawSpan): Promise<string[]> {
  const { fromUs = 0, toUs = TIME_US_MAX } = span;
  const days = await Array.fromAsync(manifestDays(storage, { kind: "raw", ...feedOf(span) }));
  if (days.length === 0) await assertKnown(storage, feedOf(span));
  const [first = ""] = daysBetween(Math.max(0, fromUs - DAY_US), fromUs + 1);
  const [last = ""] = daysBetween(toUs - 1, toUs);
  return days.filter((day) => day >= first && day <= last);
}

/** Merges the lines of files added in order of their first line. */
class CaptureWriter {
  #file: Deno.FsFile;
  #span: RawSpan;
  #turns: readonly Turn[];
  /** By connection name, for runs that publish in turns. */
  #translators = new Map<string, Translator>();
  #lines: Line[] = [];
  #text = "";
  #carriers = new Map<string, Carrier>();
  #leftOut = new Set<string>();
  #connections = new Set<string>();
  #venue = "";
  #frames = 0;
  #isCut = false;

  constructor(file: Deno.FsFile, span: RawSpan, turns: readonly Turn[]) {
    this.#file = file;
    this.#span = span;
    this.#turns = turns;
  }

  async add(storage: Storage, entry: ManifestFile): Promise<void> {
    const startUs = usOfNsText(entry.from);
    // No later file has lines before this file's first.
    this.#writeBefore(startUs);
    let take: TakeLine | undefined;
    for await (const line of readRaw(storage, entry.key)) {
      if (line.kind !== "capture") take?.(line);
      else take ??= await this.#takerOf(storage, line.info, entry);
      if (take === undefined) return;
    }
  }

  /** Returns the line handler of a file; undefined to leave the file out. */
  async #takerOf(
    storage: Storage,
    info: CaptureInfo,
    entry: ManifestFile,
  ): Promise<TakeLine | undefined> {
    this.#venue = info.venue;
    if (info.inTurns) return await this.#takerInTurns(storage, info, entry);
    const isNew = !this.#carriers.has(info.connection);
    if (!this.#carries(info, usOfNsText(entry.from), usOfNsText(entry.to))) return undefined;
    const { fromUs = 0, toUs = TIME_US_MAX } = this.#span;
    // Books of a connection that existed before the span depend on its earlier lines.
    let before = isNew ? await this.#linesBefore(storage, info, entry) : undefined;
    return (line) => {
      if (line.atUs < fromUs) before?.line(line);
      else if (line.atUs < toUs) {
        this.#addBooks(before?.snapshotFrames() ?? [], line.atUs);
        before = undefined;
        this.#addLine(line);
      }
    };
  }

  /** For several connectors of a feed: takes frames within turns, and books at each start. */
  async #takerInTurns(
    storage: Storage,
    info: CaptureInfo,
    entry: ManifestFile,
  ): Promise<TakeLine> {
    const { connection } = info;
    const { fromUs = 0, toUs = TIME_US_MAX } = this.#span;
    const translator = this.#translators.get(connection) ??
      await this.#linesBefore(storage, info, entry) ??
      newTranslator(info, entry, this.#turnsOf(info));
    this.#translators.set(connection, translator);
    return (line) => {
      const { atUs } = line;
      if (atUs >= toUs) return;
      const isOfTurn = translator.tellsAt(atUs);
      const isFirst = !this.#connections.has(connection) && isOfTurn;
      const begins = atUs >= fromUs && (isFirst || translator.beginsBooksAt(atUs));
      const books = begins ? translator.snapshotFrames() : [];
      const { events, untold = [] } = translator.line(line);
      const isReported = events.length > 0 || (isOfTurn && untold.length === 0);
      if (atUs < fromUs || !isReported) return;
      this.#connections.add(connection);
      this.#addBooks(books, atUs);
      this.#addLine(line);
    };
  }

  #turnsOf({ run }: CaptureInfo): readonly RunTurn[] {
    return turnsOf(run, this.#turns);
  }

  /** Returns whether to include a file: no other connection may carry its markets meanwhile. */
  #carries(info: CaptureInfo, startUs: number, endUs: number): boolean {
    const { connection, symbols } = info;
    const own = new Set(symbols.map(({ external }) => external));
    for (const [name, carrier] of this.#carriers) {
      if (name === connection || carrier.toUs < startUs) continue;
      if (own.isDisjointFrom(carrier.symbols)) continue;
      this.#leftOut.add(connection);
      return false;
    }
    this.#carriers.set(connection, { symbols: own, toUs: endUs });
    this.#connections.add(connection);
    return true;
  }

  async #linesBefore(
    storage: Storage,
    info: CaptureInfo,
    file: ManifestFile,
  ): Promise<Translator | undefined> {
    const translator = await translatorBefore(storage, info, { file, turns: this.#turnsOf(info) });
    if (translator === undefined) this.#isCut = true;
    return translator;
  }

  /** Adds the current books as venue snapshot frames. */
  #addBooks(frames: readonly string[], atUs: number): void {
    for (const text of frames) {
      this.#lines.push({ atUs, text: `{"t":"${nsText(atUs)}","m":${text}}\n` });
    }
  }

  #addLine(line: Exclude<RawLine, { kind: "capture" }>): void {
    const text = textOf(line);
    if (text === undefined) return;
    this.#lines.push({ atUs: line.atUs, text });
    this.#frames++;
  }

  #writeBefore(us: number): void {
    const lines = this.#lines.sort((a, b) => a.atUs - b.atUs);
    let count = 0;
    for (; count < lines.length && (lines[count]?.atUs ?? 0) < us; count++) {
      this.#text += lines[count]?.text ?? "";
      if (this.#text.length >= WRITE_CHARS) this.#write();
    }
    this.#lines = lines.slice(count);
  }

  #write(): void {
    const bytes = UTF8.encode(this.#text);
    for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    this.#text = "";
  }

  end(): RawCapture {
    this.#writeBefore(Infinity);
    this.#write();
    const { env, feed } = this.#span;
    if (this.#frames === 0) {
      throw new ArchiveError(
        "RAW_NONE",
        `There are no raw frames of ${env}/${feed} in this span`,
        {
          hint: "ssmd data inventory shows of which days there are raw files",
          context: { env, feed },
        },
      );
    }
    const silent = [...this.#translators.keys()].filter((name) => !this.#connections.has(name));
    return {
      ...{ venue: this.#venue, frames: this.#frames, isCut: this.#isCut },
      connections: [...this.#connections],
      leftOut: [...this.#leftOut, ...silent],
    };
  }
}

/** Returns the line in capture format; undefined for connection events. */
function textOf(line: Exclude<RawLine, { kind: "capture" }>): string | undefined {
  if (line.kind === "event") return undefined;
  const t = nsText(line.atUs);
  if (line.kind === "frame") return `{"t":"${t}","m":${line.text}}\n`;
  return `{"t":"${t}","x":"${line.bytes.toBase64()}"}\n`;
}
