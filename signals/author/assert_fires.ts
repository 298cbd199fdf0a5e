import type { Fire } from "@ssmd/market";
import { parseDurationMs } from "@ssmd/runtime/duration";
import { UsageError } from "@ssmd/runtime/errors";
import type { Json } from "../builders/builder.ts";
import { canonicalJson } from "../engine/canonical_json.ts";
import { loadedSignal } from "../engine/loaded_signal.ts";
import type { Report } from "../engine/instance.ts";
import { StreamEngine } from "../engine/stream_engine.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIO_START_US } from "./scenario.ts";
import type { SignalDefinition } from "../engine/signal.ts";

/** A fire that a test expects. */
export interface ExpectedFire {
  /** Time since the start of the scenario: `2s`. */
  at: string;
  /** Default: any symbol. */
  symbol?: string;
  /** The whole of its values; default: any values. */
  values?: Readonly<Record<string, Json>>;
}

/** Runs a signal over a scenario and returns its fires. Throws UsageError `SIGNAL_THREW`. */
export function firesOf(definition: SignalDefinition, { records, endUs }: Scenario): Fire[] {
  const fires: Fire[] = [];
  const signal = loadedSignal({
    ...{ id: "under_test", definition, sourceHash: "" },
    params: definition.params,
  });
  const engine = new StreamEngine([signal], {
    fire: (fire) => fires.push(fire),
    report: ({ kind, message, symbol }: Report) => {
      if (kind === "error") throw new UsageError("SIGNAL_THREW", `${symbol}: ${message}`);
    },
  });
  for (const record of records) engine.take(record);
  const feeds = new Set([...definition.feeds, ...records.map(({ feed }) => feed)]);
  for (const feed of feeds) engine.watermark({ feed, timeUs: endUs });
  return fires;
}

/**
 * Asserts that a signal fires exactly as expected over a scenario: the same fires in the same
 * order. Throws UsageError `FIRES_DIFFER` that shows both lists.
 */
export function assertFires(
  definition: SignalDefinition,
  over: Scenario,
  expected: readonly ExpectedFire[],
): void {
  const fires = firesOf(definition, over);
  const isEqual = fires.length === expected.length &&
    fires.every((fire, i) => isAsExpected(fire, expected[i] as ExpectedFire));
  if (isEqual) return;
  const wanted = expected.map(({ at, symbol = "", values }) =>
    `${at} ${symbol} ${values === undefined ? "" : canonicalJson(values)}`
  );
  const given = fires.map(({ receivedAtUs, symbol, values }) =>
    `${(receivedAtUs - SCENARIO_START_US) / 1e6}s ${symbol} ${values}`
  );
  throw new UsageError(
    "FIRES_DIFFER",
    `The fires differ\nwanted:\n${linesOf(wanted)}\ngiven:\n${linesOf(given)}`,
  );
}

function isAsExpected(fire: Fire, { at, symbol, values }: ExpectedFire): boolean {
  const atUs = SCENARIO_START_US + (at === "0s" ? 0 : parseDurationMs(at) * 1000);
  return fire.receivedAtUs === atUs && (symbol === undefined || symbol === fire.symbol) &&
    (values === undefined || canonicalJson(values) === fire.values);
}

function linesOf(lines: readonly string[]): string {
  return lines.length === 0 ? "  none" : lines.map((line) => `  ${line.trim()}`).join("\n");
}
