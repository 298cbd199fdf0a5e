import { Buffer } from "node:buffer";
import { parseLineBytes } from "@ssmd/archive";
import type { CarriedState, Translator, Venue } from "@ssmd/exchanges";
import { type MarketEvent, type Turn, turnsOf } from "@ssmd/market";
import { type Logger, messageOf, SsmdError } from "@ssmd/runtime";
import type { OutMessage } from "@ssmd/transport";
import { carriedBy, restoreTranslator } from "./connection.ts";
import { Continuity } from "./continuity.ts";
import { type GivenIds, type PendingLine, Pipeline } from "./pipeline.ts";
import type { SegmentHeader, SegmentLine } from "./segment.ts";

/** Options of {@linkcode Replay}. */
export interface ReplayOptions {
  env: string;
  feed: string;
  venue: Venue;
  logger: Logger;
  /** Receives each record and dead letter. */
  publish: (message: OutMessage) => void;
  /** Receives each record that another connector publishes. */
  untold?: (event: MarketEvent) => void;
  /** All known turns. */
  turns: readonly Turn[];
}

/** Replays the lines of one run through the pipeline. */
export class Replay {
  #translators: Translator[] = [];
  #options: ReplayOptions;
  #pipeline: Pipeline;
  #logger: Logger;
  #lastUs = 0;

  /** Starts from the checkpoint of a segment. */
  constructor(options: ReplayOptions, header: SegmentHeader) {
    const { env, feed, logger, publish, untold } = options;
    this.#options = options;
    this.#logger = logger;
    this.join(header);
    this.#pipeline = new Pipeline({
      env,
      feed,
      run: header.run,
      translators: this.#translators,
      output: { publish, deadLetter: publish, meaning: () => {}, ...(untold && { untold }) },
      line: header.firstLine - 1,
      continuity: new Continuity(
        header.connections.map(({ connectionIndex, continuity }) => [connectionIndex, continuity]),
      ),
    });
  }

  /** Starts the next segment of the run, which may have more connections. */
  join(header: SegmentHeader): void {
    const { venue, feed, turns } = this.#options;
    const ownTurns = turnsOf(header.run, turns);
    for (const checkpoint of header.connections.slice(this.#translators.length)) {
      this.#translators.push(restoreTranslator(venue, feed, { checkpoint, turns: ownTurns }));
    }
  }

  /** By connectionIndex, from 1. */
  get translators(): readonly Translator[] {
    return this.#translators;
  }

  /** Number of the next line. */
  get nextLine(): number {
    return this.#pipeline.line + 1;
  }

  /** Time of the last line, µs; 0 = none yet. */
  get lastUs(): number {
    return this.#lastUs;
  }

  /** By connectionIndex: time up to which the connection's data is complete, µs. */
  get lastGoodAtUs(): Record<string, number> {
    return this.#pipeline.continuity.byConnection();
  }

  /** State that outlives the run, of connections that have received lines. */
  get carried(): CarriedState {
    return carriedBy(this.#translators.map((translator) => ({ translator })));
  }

  /** By connectionIndex: start of suspect times, µs. */
  get suspectUs(): Record<string, number> {
    return this.#pipeline.continuity.suspectByConnection();
  }

  /** Returns the ids published since the last call, and resets them. */
  takeGiven(): GivenIds {
    return this.#pipeline.takeGiven();
  }

  /** Replays a spool line; an unreadable one is skipped. */
  line(line: SegmentLine): void {
    let pending: PendingLine;
    try {
      pending = pendingOf(line);
    } catch (error) {
      this.#pipeline.skip();
      this.#logger.error("a line of the spool cannot be read", {
        line: line.number,
        error: messageOf(error),
      });
      return;
    }
    this.pending(pending);
  }

  /** Replays a parsed line. */
  pending(line: PendingLine): void {
    this.#lastUs = line.atUs;
    try {
      this.#pipeline.process(line);
    } catch (error) {
      const { line: number } = this.#pipeline;
      this.#logger.error("a line of the spool cannot be processed", { line: number, error });
    }
  }
}

/** Parses a spool line into the line that was captured. */
function pendingOf({ connectionIndex, raw }: SegmentLine): PendingLine {
  const lines = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const line = parseLineBytes(lines, 0, lines.length - 1);
  if (line.kind !== "capture") return { ...line, connectionIndex };
  throw new SsmdError("SPOOL_DAMAGED", "A capture line stands inside a segment");
}
