import { parseRawLine } from "@ssmd/archive";
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
  /** A record or dead letter comes out once more. */
  publish: (message: OutMessage) => void;
  /** A record that another connector tells. */
  untold?: (event: MarketEvent) => void;
  /** All turns that are known. */
  turns: readonly Turn[];
}

const DECODER = new TextDecoder();

/** The lines of one run once more, through the same pipeline. */
export class Replay {
  #translators: Translator[] = [];
  #options: ReplayOptions;
  #pipeline: Pipeline;
  #logger: Logger;
  #lastUs = 0;

  /** Goes on from where a segment begins. */
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

  /** The next segment of the run begins: connections may have come since the last one. */
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

  /** Number of the line that comes next. */
  get nextLine(): number {
    return this.#pipeline.line + 1;
  }

  /** Time of the last line, µs; 0 = none yet. */
  get lastUs(): number {
    return this.#lastUs;
  }

  /** By connectionIndex: up to when the connection had missed nothing, µs. */
  get lastGoodAtUs(): Record<string, number> {
    return this.#pipeline.continuity.byConnection();
  }

  /** What has to outlive the run, of the connections that said anything. */
  get carried(): CarriedState {
    return carriedBy(this.#translators.map((translator) => ({ translator })));
  }

  /** By connectionIndex: since when its times are suspect, µs. */
  get suspectUs(): Record<string, number> {
    return this.#pipeline.continuity.suspectByConnection();
  }

  /** The last ids given since they were asked for the last time. */
  takeGiven(): GivenIds {
    return this.#pipeline.takeGiven();
  }

  /** Takes a line. */
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

  /** Takes a line that was read already. */
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

/** A spool line as it was when it came. */
function pendingOf({ connectionIndex, raw }: SegmentLine): PendingLine {
  const line = parseRawLine(DECODER.decode(raw.subarray(0, -1)));
  if (line.kind !== "capture") return { ...line, connectionIndex };
  throw new SsmdError("SPOOL_DAMAGED", "A capture line stands inside a segment");
}
