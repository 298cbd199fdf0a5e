import { Buffer } from "node:buffer";
import { comparePositions, parsePosition, parseRawLine, type Position } from "@ssmd/archive";
import type { Venue } from "@ssmd/exchanges";
import { escapeToken, type MarketEvent } from "@ssmd/market";
import { isoOfUs, type Logger, messageOf, SsmdError } from "@ssmd/runtime";
import type { OutMessage, Transport } from "@ssmd/transport";
import { restoreTranslator } from "./connection.ts";
import type { Outbox } from "./outbox.ts";
import { type PendingLine, Pipeline, unreadableLine } from "./pipeline.ts";
import type { RawFiles } from "./raw_files.ts";
import {
  listSegments,
  type Segment,
  type SegmentHeader,
  type SegmentLine,
  SegmentReader,
} from "./segment.ts";
import { readLastStop } from "./last_stop.ts";

/** How the last run ended. */
export interface Left {
  /** Its last line, µs. */
  lastUs: number;
  /** For the gap record. */
  why: string;
}

/** Options of {@linkcode recover}. */
export interface RecoverOptions {
  dir: string;
  env: string;
  feed: string;
  venue: Venue;
  transport: Transport;
  outbox: Outbox;
  rawFiles: RawFiles;
  logger: Logger;
}

const DECODER = new TextDecoder();

/**
 * Finishes what earlier runs left in the spool: their records that the bus does not hold are
 * published (same ids, same order), their raw files written. Tells how the last run ended;
 * undefined when there was none.
 */
export async function recover(options: RecoverOptions): Promise<Left | undefined> {
  const { dir, logger } = options;
  const segments = await listSegments(dir);
  const stop = await readLastStop(dir);
  let left: Left | undefined = stop &&
    { lastUs: stop.lastUs, why: `stopped: ${isoOfUs(stop.lastUs)}` };
  for (const [run, ofRun] of Map.groupBy(segments, (segment) => segment.run)) {
    const lastUs = await recoverRun(options, ofRun);
    if (lastUs > (left?.lastUs ?? 0)) {
      left = { lastUs, why: `the process ended at ${isoOfUs(lastUs)}` };
    }
    logger.info("recovered a run from the spool", { run, segments: ofRun.length });
  }
  return left;
}

/** Returns the time of the run's last line, µs. */
async function recoverRun(
  options: RecoverOptions,
  segments: readonly Segment[],
): Promise<number> {
  const { transport, env, feed, outbox, rawFiles, logger } = options;
  const held = await heldByBus(transport, env, feed);
  let replay: Replay | undefined;
  for (const segment of segments) {
    const reader = await SegmentReader.open(segment);
    if (!reader) {
      await Deno.remove(segment.path);
      continue;
    }
    replay ??= new Replay(options, reader.header, (message) => {
      if (!held || comparePositions(positionOf(message.id), held) > 0) outbox.push(message);
    });
    for await (const lines of reader.batches()) {
      for (const line of lines) replay.line(line);
    }
    if (reader.tornBytes > 0) {
      logger.warn("the last line of a spool segment was not whole: it was never accepted", {
        segment: segment.path,
        bytes: reader.tornBytes,
      });
    }
    rawFiles.add(segment, replay.lastId);
  }
  return replay?.lastUs ?? 0;
}

/** The newest message of the feed on a bus that keeps them; undefined when it holds none. */
async function heldByBus(
  transport: Transport,
  env: string,
  feed: string,
): Promise<Position | undefined> {
  if (!transport.durable) return undefined;
  const id = await transport.lastId(`${escapeToken(env)}.${escapeToken(feed)}.>`);
  return id === undefined ? undefined : parsePosition(id);
}

function positionOf(id: string): Position {
  return parsePosition(id) ?? { run: "", frame: 0, index: 0 };
}

/** The lines of one run once more, through the same pipeline. */
class Replay {
  #pipeline: Pipeline;
  #logger: Logger;
  #lastUs = 0;

  constructor(
    options: RecoverOptions,
    header: SegmentHeader,
    publish: (message: OutMessage, event: MarketEvent) => void,
  ) {
    const { env, feed, venue, logger } = options;
    this.#logger = logger;
    this.#pipeline = new Pipeline({
      env,
      feed,
      run: header.run,
      translators: header.connections.map((checkpoint) =>
        restoreTranslator(venue, feed, checkpoint)
      ),
      output: { publish, meaning: () => {} },
      line: header.firstLine - 1,
    });
  }

  get lastId(): string {
    return this.#pipeline.lastId;
  }

  get lastUs(): number {
    return this.#lastUs;
  }

  line(line: SegmentLine): void {
    try {
      const pending = pendingOf(line);
      this.#lastUs = pending.atUs;
      this.#pipeline.process(pending);
    } catch (error) {
      this.#logger.error("a line of the spool cannot be read", {
        line: line.number,
        error: messageOf(error),
      });
    }
  }
}

/** A spool line as it was when it came. */
function pendingOf({ slot, raw }: SegmentLine): PendingLine {
  const line = parseRawLine(DECODER.decode(raw.subarray(0, -1)));
  switch (line.kind) {
    case "frame":
      return { slot, atUs: line.atUs, kind: "frame", json: JSON.parse(line.text), text: line.text };
    case "binary":
      return unreadableLine(slot, line.atUs, Buffer.from(line.bytes));
    case "event": {
      const event = {
        slot,
        atUs: line.atUs,
        kind: "event",
        text: line.name,
        why: line.why,
      } as const;
      return line.fromUs === undefined ? event : { ...event, fromUs: line.fromUs };
    }
    case "capture":
      throw new SsmdError("SPOOL_DAMAGED", "a capture line stands inside a segment");
  }
}
