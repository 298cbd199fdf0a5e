import type { Buffer } from "node:buffer";
import { Encoder } from "@ssmd/codec";
import { type Gap, type MarketEvent, subjectOf } from "@ssmd/market";
import {
  type CapturedLine,
  type FrameInLine,
  type Normalized,
  type ScannedLine,
  type Translator,
  unreadableReason,
} from "@ssmd/exchanges";
import type { OutMessage } from "@ssmd/transport";
import { frameLetter } from "./dead_letter.ts";
import { Continuity } from "./continuity.ts";
import { MessagePosition } from "./message_position.ts";

/** A line of the spool. */
export type PendingLine = (CapturedLine | FrameInLine | ScannedLine) & {
  /** Connection that received it, from 1. */
  connectionIndex: number;
};

/** Receiver of a pipeline's output. */
export interface PipelineOutput {
  /** A record, encoded. */
  publish(message: OutMessage, event: MarketEvent): void;
  /** A frame that cannot be read, as a dead letter. */
  deadLetter(message: OutMessage): void;
  /** A record that another connector publishes. */
  untold?(event: MarketEvent): void;
  /** Returns whether another connector publishes this gap and everything from its line on. */
  givesAway?(gap: Gap): boolean;
  /** Effects of a line beside its records: frames to send, notices. */
  meaning(line: PendingLine, result: Normalized): void;
}

/** Ids of the last messages published; "" = none. */
export interface GivenIds {
  /** Of a record or a dead letter. */
  lastId: string;
  /** Of a record. */
  lastRecordId: string;
}

/** Options of {@linkcode Pipeline}. */
interface PipelineOptions {
  env: string;
  feed: string;
  run: string;
  /** By connectionIndex, from 1. */
  translators: readonly Translator[];
  output: PipelineOutput;
  /** Number of the last line processed before; default 0. */
  line?: number;
  /** Continuity of connections at that line; default empty. */
  continuity?: Continuity;
}

/** Ends of the ids of lines' first records: `000-0` to `999-0`. */
const ID_TAILS = Array.from({ length: 1000 }, (_, i) => `${String(i).padStart(3, "0")}-0`);

/**
 * Turns durable lines into records: translates, numbers, encodes and names them. The same lines
 * give the same messages and ids, live and in recovery.
 */
export class Pipeline {
  #env: string;
  #feed: string;
  #run: string;
  #translators: readonly Translator[];
  #output: PipelineOutput;
  #encoder = new Encoder();
  /** By type and symbol. */
  #subjects = new Map<string, Map<string, string>>();
  #line: number;
  #tap: PendingLine[] | undefined;
  readonly #last = new MessagePosition();
  /** Since the last `takeGiven`: of a record or a dead letter, and of a record. */
  readonly #given = new MessagePosition();
  readonly #givenRecord = new MessagePosition();
  /** The last record's. */
  #symbol = "";
  #type: MarketEvent["type"] | undefined;
  #subject = "";
  #thousand = 0;
  #idHead = "";
  #lastRecord: MarketEvent | undefined;
  /** Continuity of each connection. */
  readonly continuity: Continuity;

  /** Continues `run` after `line`. */
  constructor(options: PipelineOptions) {
    this.#env = options.env;
    this.#feed = options.feed;
    this.#run = options.run;
    this.#translators = options.translators;
    this.#output = options.output;
    this.#line = options.line ?? 0;
    this.continuity = options.continuity ?? new Continuity();
  }

  /** Returns the ids published since the last call, and resets them. */
  takeGiven(): GivenIds {
    const run = this.#run;
    return { lastId: this.#given.take(run), lastRecordId: this.#givenRecord.take(run) };
  }

  /** Id of the last message published; "" = none. */
  get lastId(): string {
    return this.#last.idOf(this.#run);
  }

  /** Copies the lines processed from now on, for a replay that has to catch up with them. */
  tap(): { afterLine: number; end: () => PendingLine[] } {
    const lines: PendingLine[] = this.#tap = [];
    const end = () => {
      this.#tap = undefined;
      return lines;
    };
    return { afterLine: this.#line, end };
  }

  /** Takes over the ids that a replay published for lines processed here. */
  addGiven(given: GivenIds): void {
    if (given.lastId !== "") {
      this.#given.setId(given.lastId);
      this.#last.setId(given.lastId);
    }
    if (given.lastRecordId !== "") this.#givenRecord.setId(given.lastRecordId);
  }

  /** Last record published in this turn; undefined = none. */
  get lastRecord(): MarketEvent | undefined {
    return this.#lastRecord;
  }

  /** Resets `lastRecord` at the start of a turn. */
  forgetLastRecord(): void {
    this.#lastRecord = undefined;
  }

  /** Number of the last line processed. */
  get line(): number {
    return this.#line;
  }

  /** Skips an unreadable line; later lines keep their numbers. */
  skip(): void {
    this.#line++;
  }

  /** Processes the next line of the run. */
  process(line: PendingLine): void {
    const { connectionIndex } = line;
    const translator = this.#translators[connectionIndex - 1];
    this.#line++;
    if (this.#tap !== undefined) this.#tap.push(line);
    if (translator === undefined) return;
    const result = translator.line(line);
    if (lossAmong(result.events)) this.#offerAway(result, translator);
    this.continuity.line(connectionIndex, line);
    const { events } = result;
    for (let index = 0; index < events.length; index++) {
      this.#give(events[index] as MarketEvent, index, connectionIndex);
    }
    if (result.untold !== undefined || result.notice !== undefined) this.#giveBeside(result, line);
    if (result.send.length > 0 || result.notice !== undefined || result.news !== undefined) {
      this.#output.meaning(line, result);
    }
  }

  /** Withdraws the records of a line with a loss if another connector publishes them. */
  #offerAway(result: Normalized, translator: Translator): void {
    const loss = result.events.find(isLoss);
    if (loss !== undefined && this.#output.givesAway?.(loss)) translator.retract(result);
  }

  #giveBeside({ events, untold, notice }: Normalized, line: PendingLine): void {
    if (untold !== undefined) this.#pass(untold, line);
    // The connector that publishes the gap also publishes the dead letter.
    const isUntold = events.length === 0 && untold !== undefined && untold.length > 0;
    if (notice?.type !== "unreadable" || isUntold) return;
    this.#last.set(this.#line, events.length);
    this.#given.set(this.#line, events.length);
    const ids = { env: this.#env, feed: this.#feed, id: this.#idOf(events.length) };
    this.#output.deadLetter(frameLetter(ids, line, notice.reason));
  }

  #pass(untold: readonly MarketEvent[], line: PendingLine): void {
    for (const event of untold) {
      if (event.type === "gap") this.continuity.record(line.connectionIndex, event);
      this.#output.untold?.(event);
    }
  }

  #give(event: MarketEvent, index: number, connectionIndex: number): void {
    if (event.type === "gap") this.continuity.record(connectionIndex, event);
    const subject = this.#subjectOf(event);
    const payload = this.#encoder.encode(event);
    const id = this.#idOf(index);
    this.#last.set(this.#line, index);
    this.#given.set(this.#line, index);
    this.#givenRecord.set(this.#line, index);
    this.#lastRecord = event;
    this.#output.publish({ subject, payload, id }, event);
  }

  /** Returns `{run}-{line}-{index}`, built from two cached texts. */
  #idOf(index: number): string {
    const line = this.#line;
    if (index > 0 || line < 1000) return `${this.#run}-${line}-${index}`;
    const thousand = Math.floor(line / 1000);
    if (thousand !== this.#thousand) {
      this.#thousand = thousand;
      this.#idHead = `${this.#run}-${thousand}`;
    }
    return this.#idHead + (ID_TAILS[line - thousand * 1000] as string);
  }

  #subjectOf(event: MarketEvent): string {
    const { type, symbol } = event;
    if (symbol === this.#symbol && type === this.#type) return this.#subject;
    this.#symbol = symbol;
    this.#type = type;
    return this.#subject = this.#cachedSubject(type, symbol);
  }

  #cachedSubject(type: MarketEvent["type"], symbol: string): string {
    let ofType = this.#subjects.get(type);
    if (ofType === undefined) this.#subjects.set(type, ofType = new Map());
    let subject = ofType.get(symbol);
    if (subject === undefined) {
      subject = subjectOf(this.#env, this.#feed, type, symbol);
      ofType.set(symbol, subject);
    }
    return subject;
  }
}

/** Whether there is a gap among the records that is not a recovery. */
function lossAmong(events: readonly MarketEvent[]): boolean {
  for (let i = 0; i < events.length; i++) if (isLoss(events[i] as MarketEvent)) return true;
  return false;
}

function isLoss(event: MarketEvent): event is Gap {
  return event.type === "gap" && !event.recovered;
}

/** Returns the line of a frame that cannot be translated. */
export function unreadableLine(
  connectionIndex: number,
  atUs: number,
  bytes: Buffer,
): PendingLine & { kind: "binary" } {
  return { connectionIndex, atUs, kind: "binary", bytes, reason: unreadableReason(bytes) };
}
