import type { MarketEvent } from "@ssmd/market";
import type { Param } from "../engine/signal.ts";
import { compareMerged } from "../engine/watermark_merge.ts";
import type { HostedSignal, SignalInfo } from "../host/load_signal.ts";
import { hostedSignalOf, type SignalFile } from "../source/signal_catalog.ts";
import {
  type CheckStep,
  determinism,
  loadedInfo,
  runHosted,
  survival,
  truncatedFuture,
  warmUps,
} from "./dynamic_checks.ts";
import { feedFindings } from "./feed_findings.ts";
import { marketWalk } from "./market_walk.ts";
import { type Finding, importFindings, lintFindings, typeFindings } from "./static_findings.ts";

const WALK_RECORDS = 10_000;
const WALK_RECORDS_MAX = 40_000;
const WALK_PACE_US = 50_000;
/** Walk length in multiples of the warm-up, within the limit above. */
const WARMUPS = 15;
const WALK_SEED = 20_260_301;
/** Feeds with prices below 1; made-up prices of other feeds are above 100. */
const PREDICTION_FEEDS: readonly string[] = ["kalshi", "polymarket"];

/** Result of a check. */
export interface CheckResult {
  signal: string;
  path: string;
  /** Whether nothing failed. */
  ok: boolean;
  steps: CheckStep[];
  findings: Finding[];
  /** Metadata from a host; null when the signal does not load. */
  info: SignalInfo | null;
  fires: number;
  records: number;
  /** Host time per record, decoding included, ns; null when not run. */
  nsPerRecord: number | null;
  /** State size per instance; null when not run or without instances. */
  bytesPerInstance: number | null;
}

/** Options of a check. */
interface CheckOptions {
  params?: Readonly<Record<string, Param>>;
  /** Returns the records for a signal's needs; default: made-up markets. */
  records?: (info: SignalInfo) => Promise<readonly MarketEvent[]>;
  /** Feeds that there are; default: any name is one. */
  feeds?: readonly string[];
}

/** What the sources of a signal say without being run. */
interface SourceCheck {
  /** The signal's file and those that it imports. */
  files: readonly string[];
  steps: CheckStep[];
  findings: Finding[];
}

/** Checks the author rules, types and imports of a signal's file, without running it. */
export async function checkSource(path: string): Promise<SourceCheck> {
  const { findings: imports, files } = await importFindings(path);
  // Skip type checking when an import is refused: it would fetch that import.
  const [lint, types] = await Promise.all([
    lintFindings(files),
    imports.length === 0 ? typeFindings(files) : undefined,
  ]);
  const steps = [
    stepOf("rules", lint),
    types === undefined ? NOT_TYPED : stepOf("types", types),
    stepOf("imports", imports),
  ];
  return { files, steps, findings: uniqueFindings([...imports, ...types ?? [], ...lint]) };
}

/**
 * Checks the author rules, types and imports, then runs the signal in a host: it must survive, be
 * deterministic, use no future data, and not depend on its start time.
 */
export async function checkSignal(
  file: SignalFile,
  options: CheckOptions = {},
): Promise<CheckResult> {
  const { files, steps, findings } = await checkSource(file.path);
  const base = {
    signal: file.id,
    path: file.path,
    ok: false,
    steps,
    findings,
    fires: 0,
    records: 0,
  };
  if (findings.length > 0) {
    return { ...base, info: null, nsPerRecord: null, bytesPerInstance: null };
  }
  return await runChecks({ ...file, files }, options, base);
}

const NOT_TYPED: CheckStep = {
  ...{ name: "types", result: "unproven" },
  detail: "not checked: an import is refused",
};

function stepOf(name: string, findings: readonly Finding[]): CheckStep {
  return findings.length === 0 ? { name, result: "passed", detail: "" } : {
    name,
    result: "failed",
    detail: `${findings.length} finding${findings.length === 1 ? "" : "s"}`,
  };
}

/** Keeps one finding per position: lint rules and the compiler may both refuse it. */
function uniqueFindings(findings: readonly Finding[]): Finding[] {
  const places = new Map<string, Finding>();
  for (const each of findings) {
    const key = `${each.file} ${each.line} ${each.column}`;
    if (!places.has(key)) places.set(key, each);
  }
  return [...places.values()].toSorted((a, b) => a.line - b.line || a.column - b.column);
}

type Checked = Omit<CheckResult, "info" | "nsPerRecord" | "bytesPerInstance">;

async function runChecks(
  { files, ...file }: SignalFile & { files: readonly string[] },
  options: CheckOptions,
  base: Checked,
): Promise<CheckResult> {
  const { params = {}, feeds } = options;
  const signal = await hostedSignalOf(file, params);
  const loaded = await loadedInfo(signal);
  const notRun = { nsPerRecord: null, bytesPerInstance: null };
  if ("problem" in loaded) {
    const steps: CheckStep[] = [
      ...base.steps,
      { name: "loading", result: "failed", detail: loaded.problem },
    ];
    return { ...base, ...notRun, steps, info: null };
  }
  const { info } = loaded;
  if (feeds === undefined) return await runOverRecords({ signal, info }, options, base);
  const findings = await feedFindings(info.neededFeeds, feeds, files);
  const steps = [...base.steps, stepOf("feeds", findings)];
  if (findings.length > 0) return { ...base, ...notRun, steps, findings, info };
  return await runOverRecords({ signal, info }, options, { ...base, steps });
}

async function runOverRecords(
  { signal, info }: { signal: HostedSignal; info: SignalInfo },
  { records: recordsFor = madeUpRecords }: CheckOptions,
  base: Checked,
): Promise<CheckResult> {
  const records = await recordsFor(info);
  const whole = await runHosted(signal, records);
  const survived = survival(whole);
  const steps = [...base.steps, survived];
  if (survived.result !== "failed") {
    steps.push(
      ...await Promise.all([
        determinism(signal, records, whole),
        truncatedFuture(signal, records, whole),
        warmUps(signal, records, whole),
      ]),
    );
  }
  return {
    ...base,
    ...{ steps, info, fires: whole.fires.length, records: records.length },
    ok: steps.every(({ result }) => result !== "failed"),
    nsPerRecord: records.length === 0 ? null : Math.round(whole.costUs * 1000 / records.length),
    bytesPerInstance: whole.instances === 0 ? null : Math.round(whole.stateBytes / whole.instances),
  };
}

/** Generates made-up records for the signal's markets, in merge order. */
function madeUpRecords(info: SignalInfo): Promise<readonly MarketEvent[]> {
  const symbols = info.symbols.flatMap((pattern) =>
    pattern.endsWith("*") ? [`${pattern.slice(0, -1)}A`, `${pattern.slice(0, -1)}B`] : [pattern]
  );
  const warm = Math.ceil(info.warmupUs * WARMUPS / WALK_PACE_US);
  const count = Math.min(WALK_RECORDS_MAX, Math.max(WALK_RECORDS, warm));
  const walks = info.neededFeeds.map((feed, i) =>
    marketWalk({
      ...{ feed, symbols, count, paceUs: WALK_PACE_US, seed: WALK_SEED + i },
      floorCents: PREDICTION_FEEDS.includes(feed) ? 0 : 10_000,
    })
  );
  return Promise.resolve(walks.flat().sort(compareMerged));
}
