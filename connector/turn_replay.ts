import { type Turn, TURN_OVERLAP_US } from "@ssmd/market";
import { SsmdError } from "@ssmd/runtime";
import { countsTurns } from "./counted_turns.ts";
import { Replay, type ReplayOptions } from "./replay.ts";
import { listSegments, type Segment, SegmentReader } from "./segment.ts";

/** Segments from which a turn can be replayed. */
interface TurnSegments {
  /** Oldest first. */
  segments: Segment[];
  /** Time from which lines are available, µs; 0 = from the run's first. */
  reachUs: number;
}

/** Turns to be replayed from a spool folder. */
interface TurnSpan {
  dir: string;
  run: string;
  fromUs: number;
  /** All known turns. */
  turns: readonly Turn[];
}

/**
 * Returns the segments of `run` in `dir` that a turn from `fromUs` on needs. The first one has a
 * checkpoint that counts all records of `turns` before it.
 */
export async function segmentsFrom(
  { dir, run, fromUs, turns }: TurnSpan,
): Promise<TurnSegments> {
  const own = (await listSegments(dir)).filter((segment) => segment.run === run);
  let found: TurnSegments = { segments: [], reachUs: 0 };
  for (let i = own.length - 1; i >= 0; i--) {
    const { firstLine } = own[i] as Segment;
    if (firstLine === 1) return { segments: own.slice(i), reachUs: 0 };
    const reader = await SegmentReader.open(own[i] as Segment);
    if (reader === undefined) continue;
    reader.close();
    if (!countsTurns(reader.header, turns)) continue;
    found = { segments: own.slice(i), reachUs: reader.header.openedUs };
    if (found.reachUs <= fromUs - TURN_OVERLAP_US) break;
  }
  return found;
}

/** Replays the segments of a run up to a line; undefined = it has no line yet. */
export async function replayUpTo(
  options: ReplayOptions,
  segments: readonly Segment[],
  upToLine: number,
): Promise<Replay | undefined> {
  let replay: Replay | undefined;
  for (const segment of segments) {
    const reader = await SegmentReader.open(segment);
    if (reader === undefined) continue;
    replay ??= new Replay(options, reader.header);
    if (replay.nextLine !== reader.header.firstLine) throw missingLines(segment);
    replay.join(reader.header);
    for await (const lines of reader.batches()) {
      for (const line of lines) {
        if (line.number > upToLine) break;
        replay.line(line);
      }
      if (replay.nextLine > upToLine) break;
    }
  }
  if ((replay?.nextLine ?? 1) <= upToLine) throw missingLines(segments.at(-1));
  return replay;
}

function missingLines(segment: Segment | undefined): SsmdError {
  return new SsmdError(
    "SPOOL_DAMAGED",
    "Lines of the spool are missing: it cannot take over the feed",
    {
      hint: "Restart the connector: it becomes the standby, with what it captures from then on",
      context: { segment: segment?.path ?? "" },
    },
  );
}
