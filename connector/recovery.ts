import type { Venue } from "@ssmd/exchanges";
import type { Turn } from "@ssmd/market";
import { isoOfUs, type Logger, SsmdError, systemCodeOf } from "@ssmd/runtime";
import type { OutMessage, Transport } from "@ssmd/transport";
import { countsTurns } from "./counted_turns.ts";
import { heldByBus, HeldFilter } from "./held_by_bus.ts";
import { type LastStop, readLastStop, writeLastStop } from "./last_stop.ts";
import type { PublishQueue } from "./publish_queue.ts";
import type { GivenIds } from "./pipeline.ts";
import type { RawFiles } from "./raw_files.ts";
import { Replay } from "./replay.ts";
import { isLaterRun } from "./run.ts";
import { startTroubleOf } from "./spool_trouble.ts";
import { listSegments, type Segment, SegmentReader } from "./segment.ts";

/** Options of {@linkcode recover}. */
interface RecoverOptions {
  dir: string;
  env: string;
  feed: string;
  venue: Venue;
  transport: Transport;
  publishQueue: PublishQueue;
  rawFiles: RawFiles;
  /** All known turns; records that another connector has published are left out. */
  turns: readonly Turn[];
  logger: Logger;
}

const NOTHING_GIVEN: GivenIds = { lastId: "", lastRecordId: "" };

type RunEnd = Required<Pick<LastStop, "lastUs" | "lastGoodAtUs" | "suspectUs" | "carried">> & {
  /** Number of the last line; 0 = none. */
  lastLine: number;
};

/** A segment whose lines were replayed. */
interface Recovered {
  segment: Segment;
  given: GivenIds;
}

/**
 * Recovers earlier runs from the spool: publishes their records that the bus does not hold (same
 * ids, same order) and writes their raw files. Returns the end of the last run; undefined when
 * there was none. Throws StorageError `SPOOL_FULL`, `SPOOL_READ_ONLY` or `SPOOL_FAILED`, and
 * TransportError.
 */
export async function recover(options: RecoverOptions): Promise<LastStop | undefined> {
  try {
    return await recoverRuns(options);
  } catch (error) {
    if (error instanceof SsmdError || systemCodeOf(error) === "") throw error;
    throw startTroubleOf(error, options.dir);
  }
}

async function recoverRuns(options: RecoverOptions): Promise<LastStop | undefined> {
  const { dir, logger, rawFiles } = options;
  const segments = await listSegments(dir);
  let lastStop = readLastStop(dir);
  const recovered: Recovered[] = [];
  const byRun = Map.groupBy(segments, (segment) => segment.run);
  const { env, feed, transport, publishQueue } = options;
  const held = await heldByBus(transport, { env, feed, runs: new Set(byRun.keys()) });
  const filter = new HeldFilter(held, (message) => publishQueue.push(message));
  for (const [run, ofRun] of byRun) {
    const end = await recoverRun(options, ofRun, { recovered, filter });
    const lost = filter.linesBehind(run, end.lastLine);
    if (end.lastUs > 0 && (!lastStop || isLaterRun(run, lastStop.run))) {
      const why = `the process ended at ${isoOfUs(end.lastUs)}${lostText(lost)}`;
      // Connections without a line in this run keep the times of an earlier one.
      const { lastUs, suspectUs } = end;
      const lastGoodAtUs = { ...lastStop?.lastGoodAtUs, ...end.lastGoodAtUs };
      const carried = { ...lastStop?.carried, ...end.carried };
      lastStop = { run, lastUs, why, lastGoodAtUs, suspectUs, carried };
    }
    logger.info("recovered a run from the spool", { run, segments: ofRun.length });
    if (lost > 0) {
      logger.error("the disk lost frames whose records are on the bus", { run, lines: lost });
    }
  }
  filter.finish();
  // The segments may be deleted before this run's first line is durable.
  if (lastStop && recovered.length > 0) await writeLastStop(dir, lastStop);
  for (const { segment, given } of recovered) {
    rawFiles.add(segment, filter.isBehind(given.lastId) ? given : NOTHING_GIVEN);
  }
  return lastStop;
}

function lostText(lines: number): string {
  return lines === 0 ? "" : `; the disk lost ${lines} later lines whose records were published`;
}

/** Replays the lines of a run and adds its segments to `recovered`. */
async function recoverRun(
  options: RecoverOptions,
  segments: readonly Segment[],
  { recovered, filter }: { recovered: Recovered[]; filter: HeldFilter },
): Promise<RunEnd> {
  const { logger } = options;
  const publish = (message: OutMessage) => filter.take(message);
  let replay: Replay | undefined;
  let isCounted = true;
  let lastUs = 0;
  for (const segment of segments) {
    const reader = await SegmentReader.open(segment);
    if (!reader) {
      await Deno.remove(segment.path);
      continue;
    }
    const isCountedHere = countsTurns(reader.header, options.turns);
    if (replay?.nextLine !== reader.header.firstLine || (isCountedHere && !isCounted)) {
      replay = new Replay({ ...options, publish }, reader.header);
      isCounted = isCountedHere;
    }
    replay.join(reader.header);
    for await (const lines of reader.batches()) {
      for (const line of lines) replay.line(line);
    }
    if (reader.tornBytes > 0) {
      logger.warn("the last line of a spool segment was not whole: it was never accepted", {
        segment: segment.path,
        bytes: reader.tornBytes,
      });
    }
    lastUs = replay.lastUs || lastUs;
    recovered.push({ segment, given: replay.takeGiven() });
  }
  const { lastGoodAtUs = {}, suspectUs = {}, carried = {} } = replay ?? {};
  const lastLine = (replay?.nextLine ?? 1) - 1;
  return { lastUs, lastLine, lastGoodAtUs, suspectUs, carried };
}
