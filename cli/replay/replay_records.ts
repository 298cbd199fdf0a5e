import { type ArchiveQuery, inventory, readArchive, usOfNsText } from "@ssmd/archive";
import { nowUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { type SsmdContext } from "../context.ts";
import { pressed, readKeys, type SeekSpan } from "./keys.ts";
import { ReplayPlayer } from "@ssmd/dataset/replay";
import { showProgress } from "./progress.ts";
import type { ReplaySink } from "@ssmd/dataset/replay";

/** Options of {@linkcode replayRecords}. */
interface ReplayRecords {
  storage: Storage;
  query: ArchiveQuery;
  speed: number | "max";
  sink: ReplaySink;
  /** Stops the replay early. */
  signal: AbortSignal;
  /** Hide progress, because records go to the same terminal. */
  isQuiet: boolean;
}

/** Replays records and returns their number; on a terminal with progress, and keys to pause, seek and quit. */
export async function replayRecords(context: SsmdContext, replay: ReplayRecords): Promise<number> {
  const { storage, query, speed, sink, signal } = replay;
  const player = new ReplayPlayer({
    ...{ sink, speed },
    open: (fromUs) => readArchive(storage, fromUs === undefined ? query : { ...query, fromUs }),
  });
  const stop = () => player.stop();
  signal.addEventListener("abort", stop, { once: true });
  const isShown = Deno.stderr.isTerminal() && !replay.isQuiet && !context.globals.quiet;
  const end = isShown ? await accompany(context, replay, player) : () => {};
  try {
    if (!signal.aborted) await player.run();
    return player.played;
  } finally {
    end();
    signal.removeEventListener("abort", stop);
  }
}

async function accompany(
  context: SsmdContext,
  { storage, query, speed }: ReplayRecords,
  player: ReplayPlayer,
): Promise<() => void> {
  const span = await seekSpan(storage, query);
  const { stderr } = context.process;
  const hide = showProgress(player, span, { speed, write: (text) => stderr.write(text) });
  const isSteered = speed !== "max" && Deno.stdin.isTerminal();
  const release = isSteered ? readKeys((text) => pressed(text, player, span)) : () => {};
  return () => {
    hide();
    release();
  };
}

/** Range from the first to the last record of the query's days, clipped to the query. */
async function seekSpan(storage: Storage, query: ArchiveQuery): Promise<SeekSpan> {
  const { env, feed, version, fromUs, toUs } = query;
  const days = await inventory(storage, {
    ...{ env, feeds: [feed], nowUs: nowUs() },
    ...(version === undefined ? {} : { version }),
    ...(fromUs === undefined ? {} : { fromUs }),
    ...(toUs === undefined ? {} : { toUs }),
  });
  const filled = days.filter(({ records }) => records > 0);
  const firstUs = Math.min(...filled.map(({ from }) => usOfNsText(from)));
  const lastUs = Math.max(...filled.map(({ to }) => usOfNsText(to)));
  return {
    fromUs: Math.max(fromUs ?? 0, Number.isFinite(firstUs) ? firstUs : 0),
    toUs: Math.min(toUs ?? Infinity, Number.isFinite(lastUs) ? lastUs : 0),
  };
}
