import { buildCommand, type Command } from "@stricli/core";
import type { ArchiveQuery } from "@ssmd/archive";
import { EVENT_TYPES } from "@ssmd/market";
import { ArchiveError, nowUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { envOf } from "@ssmd/dataset/inventory";
import { openArchive } from "../archive/open_archive.ts";
import { assertSymbolsKnown, parseSymbol } from "../archive/asked_symbols.ts";
import type { TimeSpan } from "@ssmd/dataset/time_span";
import { SPAN_FLAGS } from "../archive/time_span.ts";
import { notice, type SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { ARCHIVE_FLAG, ENV_FILTER_FLAG, FOR_FLAG } from "../flags.ts";
import { countText } from "../format.ts";
import { parsePort, parseSpeed } from "../numbers.ts";
import { docs, switchFlag, textFlag } from "../registry/flags.ts";
import { parseTo, type ReplayFlags, type ReplayTarget, targetAndSpan } from "../replay/options.ts";

const DESCRIPTION = "Records go out as far apart as they were received: bursts stay bursts, " +
  "silence stays silence. It begins with the first record of the span.\n\n" +
  "--to stdout     a JSON value a line, in the shape in which the gateway sends records\n" +
  "--to transport  the records again on the bus of --bus (default --env), under the name {env}-replay (or --as): a " +
  "stream of its own that no consumer of the live environment reads; a gateway or archiver of that " +
  "name does. The name of an environment of the registry is refused without --into-live. For a bus " +
  "of nats: ssmd data replay --feed kraken --date today --to transport --bus demo-nats\n" +
  "--to ws         the venue's own protocol on loopback, from the raw frames as they were: any client " +
  "of the venue works against it. The frames are first put together in a temporary file. Clients " +
  "choose by what they subscribe to; --symbol and --type do not fit\n" +
  "--to <time>     the end of the span, beside any of these\n\n" +
  "On a terminal the progress is shown, and keys steer: space pauses and resumes, left and right go " +
  "10 seconds, up and down a minute, q quits (where records do not go to the same terminal).";

const SEVERAL = { kind: "parsed", parse: String, optional: true, variadic: true } as const;

const FEED_FLAG = {
  kind: "parsed",
  parse: String,
  brief: "Of this feed",
  placeholder: "feed",
  completes: "feed",
} as const;

/** `ssmd data replay` */
export const command: Command<SsmdContext> = buildCommand<ReplayFlags, [], SsmdContext>({
  docs: docs(
    "Replay archived records at their own pace, or as fast as they are read",
    DESCRIPTION,
    [
      "ssmd data replay --feed kraken --date 2026-08-01 --speed max | head -3",
      "ssmd data replay --feed kraken --from 2026-08-01T02:53:50Z --to 2026-08-01T02:53:51Z",
      "ssmd data replay --feed kraken --symbol BTCUSD --type trade --speed 1000 > trades.jsonl",
      "ssmd data replay --feed kraken --date 2026-08-01 --to ws --speed 10 --for 1m",
    ],
  ),
  parameters: {
    flags: {
      data: ARCHIVE_FLAG,
      env: ENV_FILTER_FLAG,
      feed: FEED_FLAG,
      symbol: {
        ...SEVERAL,
        parse: parseSymbol,
        brief: "Of this symbol; may be repeated",
        placeholder: "symbol",
      },
      type: {
        kind: "enum",
        values: EVENT_TYPES,
        brief: "Of this type; may be repeated",
        optional: true,
        variadic: true,
      },
      date: SPAN_FLAGS.date,
      from: SPAN_FLAGS.from,
      to: {
        kind: "parsed",
        parse: parseTo,
        brief: "stdout (default), transport or ws; or the end of the span, as --from",
        optional: true,
        variadic: true,
        placeholder: "target|time",
      },
      speed: {
        kind: "parsed",
        parse: parseSpeed,
        brief: "Multiple of the recorded pace, or max: as fast as it is read",
        default: "1",
        placeholder: "n|max",
      },
      version: textFlag("Version of the records; default what is promoted", "version"),
      bus: textFlag("--to transport: environment whose bus it is; default --env", "env"),
      as: textFlag("--to transport: name instead of {env}-replay", "name"),
      intoLive: switchFlag("--to transport: allow the name of an environment of the registry"),
      port: {
        kind: "parsed",
        parse: parsePort,
        brief: "--to ws: port on loopback, 0 = a free one",
        default: "0",
        placeholder: "n",
      },
      for: FOR_FLAG,
    },
  },
  func: runReplay,
});

async function runReplay(this: SsmdContext, flags: ReplayFlags): Promise<void> {
  const { target, span } = targetAndSpan(flags);
  assertFitting(flags, target);
  const { dir } = this.globals;
  const ending = new AbortController();
  const end = () => ending.abort();
  Deno.addSignalListener("SIGINT", end);
  Deno.addSignalListener("SIGTERM", end);
  const timer = flags.for === undefined ? undefined : setTimeout(end, flags.for);
  const storage = await openArchive(dir === undefined ? flags : { ...flags, registryDir: dir });
  try {
    const replay = { storage, flags, span, signal: ending.signal };
    const env = await envOf(storage, flags.env);
    if (target === "ws") await toWire(this, env, replay);
    else await toRecords(this, env, target, replay);
  } finally {
    clearTimeout(timer);
    Deno.removeSignalListener("SIGINT", end);
    Deno.removeSignalListener("SIGTERM", end);
    await storage.close();
  }
}

interface Replay {
  storage: Storage;
  flags: ReplayFlags;
  span: TimeSpan;
  signal: AbortSignal;
}

async function toWire(context: SsmdContext, env: string, replay: Replay): Promise<void> {
  const { storage, span, signal, flags: { feed, speed, port } } = replay;
  const { replayWire } = await import("../replay/replay_wire.ts");
  await replayWire(context, { storage, span: { env, feed, ...span }, speed, port, signal });
}

async function toRecords(
  context: SsmdContext,
  env: string,
  target: Exclude<ReplayTarget, "ws">,
  { storage, flags, span, signal }: Replay,
): Promise<void> {
  const { replayRecords } = await import("../replay/replay_records.ts");
  const query = queryOf(env, flags, span);
  const { speed } = flags;
  if (target === "stdout") {
    const { LineSink } = await import("../replay/line_sink.ts");
    const isQuiet = Deno.stdout.isTerminal();
    const sink = new LineSink();
    const played = await replayRecords(context, {
      ...{ storage, query, speed, sink, signal, isQuiet },
    });
    return await assertPlayed(context, played, query, signal);
  }
  const { openReplayBus } = await import("../replay/replay_bus.ts");
  const { TransportSink } = await import("@ssmd/dataset/replay");
  const bus = await openReplayBus(context.globals, env, flags);
  try {
    const sink = new TransportSink(bus.transport, bus.env, Math.floor(nowUs()).toString(36));
    const played = await replayRecords(context, {
      ...{ storage, query, speed, sink, signal, isQuiet: false },
    });
    await sink.close();
    await assertPlayed(context, played, query, signal);
    notice(context, `${countText(played, "record")} published as ${bus.env}.${flags.feed}.>`);
  } finally {
    await bus.transport.close();
  }
}

/** Throws ArchiveError `SYMBOL_UNKNOWN` or `NOTHING_ARCHIVED` where there was nothing to replay. */
async function assertPlayed(
  { globals }: SsmdContext,
  played: number,
  { env, feed, symbols = [] }: ArchiveQuery,
  signal: AbortSignal,
): Promise<void> {
  if (played > 0 || signal.aborted) return;
  await assertSymbolsKnown(globals, env, symbols);
  throw new ArchiveError("NOTHING_ARCHIVED", `There are no such records of ${feed} in ${env}.`, {
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
    throw new UsageError("REPLAY_FLAGS", "--to ws serves raw frames as they were.", {
      hint: "Leave out --symbol, --type and --version: clients choose by what they subscribe to.",
    });
  }
  if (target !== "transport" && (as !== undefined || intoLive)) {
    throw new UsageError("REPLAY_FLAGS", "--as and --into-live belong to --to transport.", {
      hint: "Leave them out.",
    });
  }
}
