import { stdin } from "node:process";
import { createInterface } from "node:readline";
import { z } from "zod";
import { isoOfUs, nowUs, sleep } from "@ssmd/runtime";
import {
  backtest,
  type BacktestQuery,
  type BacktestResult,
  findSignal,
  hostedSignalOf,
} from "@ssmd/signals";
import type { TimeSpan } from "@ssmd/dataset/time_span";
import { spanOf } from "../archive/time_span.ts";
import { ARCHIVE, SPAN_FLAGS, SYMBOLS } from "../archive/archive_flags.ts";
import { assertSymbolsKnown } from "../archive/requested_symbols.ts";
import { ENVIRONMENT_FILTER, OUTPUT } from "../command/common_flags.ts";
import type { SsmdContext } from "../context.ts";
import { defineCommand } from "../command/define.ts";
import { choice, on, parsed } from "../command/flag.ts";
import { parseSpeed } from "../numbers.ts";
import { errorText } from "../error_text.ts";
import { failureOf } from "../signal/backtest_failure.ts";
import { BACKTEST, backtestText, COMPARED, fireView } from "../signal/backtest_view.ts";
import { type BacktestSource, SOURCES, withSource } from "../signal/backtest_source.ts";
import { compareLive } from "../signal/compare_live.ts";
import { SET, settingsOf, SIGNAL } from "../signal/signal_args.ts";
import { Stepper } from "../signal/step.ts";
import { foldersOfSignals } from "../signal/folders_of_signals.ts";

/** Time after which records and fires are surely archived, µs. */
const ARCHIVED_AFTER_US = 180_000_000;
/** Maximum number of fires printed. */
const FIRES_SHOWN_MAX = 1000;

export default defineCommand({
  name: "backtest",
  brief: "Run a signal over archived records, as it runs live",
  description:
    "Evaluates the same bytes in the same host, in archive order and at the time of the " +
    "records. Records before --from are read for warm-up. Prints fires, their rate, the " +
    "change of the mid price 1 s, 10 s and 1 m after, the condition of the data, and the " +
    "SHA-256 of the fires. --compare-live compares them with the fires archived live: exit " +
    "code 1 if any is missing, extra or different. Exit code 1 too when the signal threw on a " +
    "market or was quarantined, or if there are no records of what it watches. --source bus " +
    "reads records and fires from the bus instead, as far back as it keeps them.",
  examples: [
    "ssmd backtest imbalance_flip --date 2026-08-01",
    "ssmd backtest imbalance_flip --date 2026-08-01 --symbol BTCUSD --set threshold=0.8",
    "ssmd backtest momentum_burst --from 2026-08-01T02:53:50Z --to 2026-08-01T02:54:00Z " +
    "--output json",
  ],
  flags: {
    env: ENVIRONMENT_FILTER,
    data: ARCHIVE,
    source: choice(SOURCES, "Source of the records: the archive, or the bus of --env", {
      default: "archive",
    }),
    ...SPAN_FLAGS,
    symbol: SYMBOLS,
    set: SET,
    speed: parsed(parseSpeed, "Multiple of the recorded pace, or max", {
      default: "max",
      placeholder: "n",
    }),
    step: on("Show each record with the state; Enter continues, a number skips that many, q quits"),
    compareLive: on("Compare with the fires that were archived live"),
    output: OUTPUT,
  },
  args: [SIGNAL],
  output: BACKTEST,
  failed: ({ ok }) => !ok,
  table: (result) => ({ text: backtestText(result) }),
  run: async ({ flags, args: [name], context }) => {
    const { all } = await foldersOfSignals(context.globals);
    const signal = await hostedSignalOf(await findSignal(name, all), settingsOf(flags.set));
    const span = spanOf(flags);
    return await withSource(context, flags, async (source) => {
      const query: BacktestQuery = {
        ...{ records: source.records, env: source.env, signal, ...span },
        settledUs: nowUs() - ARCHIVED_AFTER_US,
        ...(flags.symbol === undefined ? {} : { symbols: flags.symbol }),
        isCold: source.isCut || (flags.compareLive && await startedEarlier(source, span)),
        ...paceOf(flags.speed),
        ...(flags.step ? stepsOf(context) : {}),
      };
      const result = await backtest(query);
      await assertSymbolsKnown(context.globals, {
        ...{ env: source.env, symbols: flags.symbol, span },
        read: (asked) =>
          source.records({ ...asked, env: source.env, feeds: result.info.neededFeeds }),
      });
      const failure = failureOf(result);
      if (failure !== undefined) context.process.stderr.write(`${errorText(failure)}\n`);
      const compared = flags.compareLive ? await compareLive(query, result) : null;
      return {
        ...viewOf(source.env, result),
        data: await source.days(result.info.neededFeeds, span),
        compared_live: compared,
        ok: failure === undefined && (compared === null || isEqual(compared)),
      };
    });
  },
});

/** Whether live may have started before the span: fires that depend on older state do not count then. */
async function startedEarlier(source: BacktestSource, { fromUs }: TimeSpan): Promise<boolean> {
  return fromUs !== undefined && await source.hasEarlier(fromUs);
}

function isEqual({ missing, extra, different }: z.output<typeof COMPARED>): boolean {
  return missing.length + extra.length + different.length === 0;
}

function paceOf(speed: number | "max"): Pick<BacktestQuery, "onBatch"> {
  if (speed === "max") return {};
  let first: { atUs: number; realMs: number } | undefined;
  return {
    onBatch: async (atUs) => {
      first ??= { atUs, realMs: performance.now() };
      const dueMs = first.realMs + (atUs - first.atUs) / 1000 / speed;
      if (dueMs > performance.now()) await sleep(dueMs - performance.now());
    },
  };
}

function stepsOf({ process: { stdout } }: SsmdContext): Pick<BacktestQuery, "onStep"> {
  const stepper = new Stepper((text) => stdout.write(text), createInterface({ input: stdin }));
  return { onStep: (step) => stepper.show(step) };
}

function viewOf(
  env: string,
  { info, fires, firstUs, lastUs, outcomes, ...result }: BacktestResult,
): Omit<z.input<typeof BACKTEST>, "ok" | "compared_live" | "data"> {
  const spanUs = firstUs === null || lastUs === null ? 0 : lastUs - firstUs;
  return {
    ...{ signal: info.id, version: info.version, params: info.params, env },
    source_hash: info.sourceHash,
    from: firstUs === null ? null : isoOfUs(firstUs),
    to: lastUs === null ? null : isoOfUs(lastUs),
    ...{ records: result.records, instances: result.instances },
    fires: fires.length,
    fires_per_hour: spanUs === 0 ? null : Number((fires.length / (spanUs / 3.6e9)).toPrecision(4)),
    sha256: result.sha256,
    outcomes: outcomes.map(({ upShare: up_share, ...outcome }) => ({ ...outcome, up_share })),
    problems: [
      ...result.reports.map(({ symbol, message }) => `${symbol}: ${message}`),
      ...result.quarantined.map(({ reason }) => reason),
    ],
    ns_per_record: result.records === 0 ? null : Math.round(result.costUs * 1000 / result.records),
    list: fires.slice(0, FIRES_SHOWN_MAX).map(fireView),
    list_truncated: fires.length > FIRES_SHOWN_MAX,
  };
}
