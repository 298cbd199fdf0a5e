import type { ArchiveQuery } from "@ssmd/archive";
import { ArchiveError, nowUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { envOf } from "@ssmd/dataset/inventory";
import { openArchive } from "../archive/open_archive.ts";
import { noteLeftOut } from "../archive/left_out_days.ts";
import { assertSymbolsArchived } from "../archive/requested_symbols.ts";
import type { TimeSpan } from "@ssmd/dataset/time_span";
import {
  ARCHIVE,
  RECORD_TYPES,
  RECORDS_VERSION,
  SPAN_FLAGS,
  SYMBOLS,
} from "../archive/archive_flags.ts";
import { ENVIRONMENT_FILTER, RUN_FOR } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { on, parsed, text } from "../command/flag.ts";
import { notice, type SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { countText } from "../format.ts";
import { parsePort, parseSpeed } from "../numbers.ts";
import { parseTo, type ReplayFlags, type ReplayTarget, targetAndSpan } from "../replay/options.ts";
import type { ReplaySink } from "@ssmd/dataset/replay";

const DESCRIPTION =
  "Sends records at their recorded intervals, from the first record of the span " +
  "on.\n\n--to stdout     one JSON value per line, as the gateway sends records\n--to " +
  "transport  the records on the bus of --bus (default --env), under the name {env}-replay " +
  "(or --as). Consumers of the live environment do not read this stream; a gateway or " +
  "archiver of that name does. The name of an environment of the registry is refused " +
  "without --into-live. For a bus of nats: ssmd data replay --feed kraken --date today " +
  "--to transport --bus demo-nats\n--to ws         the venue's own protocol on loopback, " +
  "from the raw frames: any client of the venue can connect. The frames are first " +
  "collected in a temporary file. Clients choose data by subscribing, so --symbol and " +
  "--type are not allowed\n--to <time>     the end of the span; can be combined with any " +
  "of these\n\nA terminal shows the progress and accepts keys: space pauses and resumes, " +
  "left and right move 10 seconds, up and down a minute, q quits (unless records go to the " +
  "same terminal).";

const FLAGS = {
  data: ARCHIVE,
  env: ENVIRONMENT_FILTER,
  feed: text("Feed", { placeholder: "feed", completes: "feed", required: true }),
  symbol: SYMBOLS,
  type: RECORD_TYPES,
  date: SPAN_FLAGS.date,
  from: SPAN_FLAGS.from,
  to: parsed(
    parseTo,
    "stdout (default), transport or ws; or the end of the span, in the form of --from",
    {
      placeholder: "target|time",
      repeated: true,
    },
  ),
  speed: parsed(parseSpeed, "Multiple of the recorded pace, or max: no delays", {
    default: "1",
    placeholder: "n|max",
    type: "number",
  }),
  version: RECORDS_VERSION,
  bus: text("--to transport: environment of the bus; default --env", {
    placeholder: "env",
    completes: "environment",
  }),
  as: text("--to transport: name instead of {env}-replay", { placeholder: "name" }),
  intoLive: on("--to transport: allow the name of an environment of the registry"),
  port: parsed(parsePort, "--to ws: port on loopback, 0 = any free port", {
    default: "0",
    placeholder: "n",
    type: "number",
  }),
  for: RUN_FOR,
};

export default defineCommand({
  name: "data replay",
  brief: "Replay archived records at their recorded pace or faster",
  description: DESCRIPTION,
  examples: [
    "ssmd data replay --feed kraken --date 2026-08-01 --speed max | head -3",
    "ssmd data replay --feed kraken --from 2026-08-01T02:53:50Z --to 2026-08-01T02:53:51Z",
    "ssmd data replay --feed kraken --symbol BTCUSD --type trade --speed 1000 > trades.jsonl",
    "ssmd data replay --feed kraken --date 2026-08-01 --to ws --speed 10 --for 1m",
  ],
  flags: FLAGS,
  run: ({ flags, context }) => replay(context, flags),
});

async function replay(context: SsmdContext, flags: ReplayFlags): Promise<void> {
  const { target, span } = targetAndSpan(flags);
  assertFitting(flags, target);
  const { dir } = context.globals;
  const ending = new AbortController();
  const end = () => ending.abort();
  Deno.addSignalListener("SIGINT", end);
  Deno.addSignalListener("SIGTERM", end);
  const timer = flags.for === undefined ? undefined : setTimeout(end, flags.for);
  const storage = await openArchive(dir === undefined ? flags : { ...flags, registryDir: dir });
  try {
    const env = await envOf(storage, flags.env);
    await assertSymbolsArchived(context.globals, storage, {
      ...{ env, feeds: [flags.feed], symbols: flags.symbol, span },
    });
    const replay = { env, storage, flags, span, signal: ending.signal };
    await REPLAYS[target](context, replay);
  } finally {
    clearTimeout(timer);
    Deno.removeSignalListener("SIGINT", end);
    Deno.removeSignalListener("SIGTERM", end);
    await storage.close();
  }
}

interface Replay {
  /** Environment in the archive. */
  env: string;
  storage: Storage;
  flags: ReplayFlags;
  span: TimeSpan;
  signal: AbortSignal;
}

const REPLAYS: Readonly<
  Record<ReplayTarget, (context: SsmdContext, replay: Replay) => Promise<void>>
> = { stdout: replayToStdout, transport: replayToTransport, ws: replayToWire };

async function replayToWire(context: SsmdContext, replay: Replay): Promise<void> {
  const { env, storage, span, signal, flags: { feed, speed, port } } = replay;
  const { replayWire } = await import("../replay/replay_wire.ts");
  await replayWire(context, { storage, span: { env, feed, ...span }, speed, port, signal });
}

async function replayToStdout(context: SsmdContext, replay: Replay): Promise<void> {
  const { LineSink } = await import("../replay/line_sink.ts");
  await playRecords(context, replay, { sink: new LineSink(), isQuiet: Deno.stdout.isTerminal() });
}

async function replayToTransport(context: SsmdContext, replay: Replay): Promise<void> {
  const { env, flags } = replay;
  const { openReplayBus } = await import("../replay/replay_bus.ts");
  const { TransportSink } = await import("@ssmd/dataset/replay");
  const bus = await openReplayBus(context.globals, env, flags);
  try {
    const sink = new TransportSink(bus.transport, bus.env, Math.floor(nowUs()).toString(36));
    const played = await playRecords(context, replay, { sink, isQuiet: false });
    notice(context, `${countText(played, "record")} published as ${bus.env}.${flags.feed}.>`);
  } finally {
    await bus.transport.close();
  }
}

/**
 * Replays records into a sink, closes it and returns their number. Throws ArchiveError
 * `NOTHING_ARCHIVED` when there was nothing to replay.
 */
async function playRecords(
  context: SsmdContext,
  { env, storage, flags, span, signal }: Replay,
  output: { sink: ReplaySink & { close?: () => Promise<void> }; isQuiet: boolean },
): Promise<number> {
  const { replayRecords } = await import("../replay/replay_records.ts");
  const query = queryOf(env, flags, span);
  const { speed, feed, type: types, version } = flags;
  await noteLeftOut(context, storage, {
    ...{ env, feeds: [feed], types, span },
    ...(version === undefined ? {} : { version }),
  });
  const played = await replayRecords(context, { storage, query, speed, signal, ...output });
  await output.sink.close?.();
  if (played > 0 || signal.aborted) return played;
  throw new ArchiveError("NOTHING_ARCHIVED", `There are no such records of ${feed} in ${env}`, {
    hint: `ssmd data inventory --env ${env} --feed ${feed} shows the days that there are`,
  });
}

function queryOf(env: string, { feed, symbol, type, version }: ReplayFlags, span: TimeSpan) {
  const query: ArchiveQuery = {
    ...{ env, feed, ...span },
    ...(symbol === undefined ? {} : { symbols: symbol }),
    ...(type === undefined ? {} : { types: type }),
    ...(version === undefined ? {} : { version }),
  };
  return query;
}

function assertFitting({ symbol, type, as, intoLive, version }: ReplayFlags, target: ReplayTarget) {
  if (target === "ws" && (symbol ?? type ?? version) !== undefined) {
    throw new UsageError("REPLAY_FLAGS", "--to ws serves raw frames as they were", {
      hint: "Leave out --symbol, --type and --version: clients choose by what they subscribe to",
    });
  }
  if (target !== "transport" && (as !== undefined || intoLive)) {
    throw new UsageError("REPLAY_FLAGS", "--as and --into-live belong to --to transport", {
      hint: "Leave them out",
    });
  }
}
