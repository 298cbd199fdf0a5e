import { Encoder } from "@ssmd/codec";
import type { Fire, MarketEvent } from "@ssmd/market";
import { compareFires } from "../engine/fire_id.ts";
import type { Report } from "../engine/instance.ts";
import { BatchWriter } from "../host/frames.ts";
import type { HostedSignal, SignalInfo } from "../host/load_signal.ts";
import { Supervisor } from "../supervisor/supervisor.ts";

/** Fewer fires than this make a check unproven. */
const FIRES_MIN = 10;
const BATCH_RECORDS = 2000;
const OTHER_BATCH_RECORDS = 701;

/** Result of one check. */
export interface CheckStep {
  name: string;
  /** `unproven`: no fault found, but too little happened to be sure. */
  result: "passed" | "failed" | "unproven";
  detail: string;
}

/** Result of running a signal over records in its own host. */
interface HostRun {
  fires: Fire[];
  reports: Report[];
  costUs: number;
  /** Size of the final state, bytes. */
  stateBytes: number;
  instances: number;
  /** Reason for the quarantine; undefined when there was none. */
  quarantined: string | undefined;
}

/** Options of a run. */
interface RunOptions {
  batchRecords?: number;
  isCold?: boolean;
}

/** Loads a signal in a host; returns its metadata or the reason why it does not load. */
export async function loadedInfo(
  signal: HostedSignal,
): Promise<{ info: SignalInfo } | { problem: string }> {
  let problem = "it does not end loading";
  const supervisor = new Supervisor({
    signals: [signal],
    onQuarantine: ({ reason }) => problem = reason,
  });
  try {
    const { signals: [info], failed: [failed] } = await supervisor.start();
    return info === undefined ? { problem: failed?.message ?? problem } : { info };
  } finally {
    await supervisor.stop();
  }
}

/** Runs a signal over records in merge order. */
export async function runHosted(
  signal: HostedSignal,
  records: readonly MarketEvent[],
  { batchRecords = BATCH_RECORDS, isCold = false }: RunOptions = {},
): Promise<HostRun> {
  const run: HostRun = {
    ...{ fires: [], reports: [], costUs: 0, stateBytes: 0, instances: 0 },
    quarantined: undefined,
  };
  const supervisor = new Supervisor({
    ...{ signals: [signal], isCold },
    onQuarantine: ({ reason }) => run.quarantined = reason,
  });
  try {
    for (const batch of batches(records, batchRecords)) {
      const { fires, reports, costUs, instances } = await supervisor.send(batch);
      run.fires.push(...fires);
      run.reports.push(...reports);
      run.costUs += costUs;
      run.instances = instances;
    }
    run.stateBytes = (await supervisor.snapshot()).state.length;
    run.fires.sort(compareFires);
    return run;
  } finally {
    await supervisor.stop();
  }
}

function* batches(records: readonly MarketEvent[], size: number): Generator<Uint8Array> {
  const encoder = new Encoder();
  const writer = new BatchWriter();
  const feeds = new Set(records.map(({ feed }) => feed));
  for (let at = 0; at < records.length; at += size) {
    const part = records.slice(at, at + size);
    for (const record of part) writer.addRecord(record.type, encoder.encode(record));
    for (const feed of feeds) writer.addWatermark({ feed, timeUs: part.at(-1)?.receivedAtUs ?? 0 });
    yield writer.finish(at + part.length);
  }
}

/** Checks that it neither threw, nor reached its cap, nor stopped its host. */
export function survival({ quarantined, reports, instances }: HostRun): CheckStep {
  const error = reports.find(({ kind }) => kind === "error");
  const capped = reports.filter(({ kind }) => kind === "capped");
  if (quarantined !== undefined) {
    return { name: "survival", result: "failed", detail: quarantined };
  }
  if (error !== undefined) {
    const detail = `on ${error.feed} ${error.symbol}: ${error.message}`;
    return { name: "survival", result: "failed", detail };
  }
  const [first] = capped;
  if (first !== undefined) {
    return { name: "survival", result: "failed", detail: `${first.symbol}: ${first.message}` };
  }
  return {
    name: "survival",
    result: instances === 0 ? "unproven" : "passed",
    detail: instances === 0 ? "no record is of its markets" : `${instances} instances ran through`,
  };
}

/** Checks that the same records in other batch sizes give the same fires. */
export async function determinism(
  signal: HostedSignal,
  records: readonly MarketEvent[],
  whole: HostRun,
): Promise<CheckStep> {
  const again = await runHosted(signal, records, { batchRecords: OTHER_BATCH_RECORDS });
  const isEqual = JSON.stringify(again.fires) === JSON.stringify(whole.fires);
  return verdict("run twice", whole, isEqual ? undefined : differenceOf(whole.fires, again.fires));
}

/** Checks that fires do not change when later records are cut off. */
export async function truncatedFuture(
  signal: HostedSignal,
  records: readonly MarketEvent[],
  whole: HostRun,
): Promise<CheckStep> {
  for (const share of [1 / 3, 2 / 3]) {
    const part = records.slice(0, Math.floor(records.length * share));
    const endUs = part.at(-1)?.receivedAtUs ?? 0;
    const { fires } = await runHosted(signal, part);
    const expected = whole.fires.filter(({ receivedAtUs }) => receivedAtUs < endUs);
    const given = fires.filter(({ receivedAtUs }) => receivedAtUs < endUs);
    if (JSON.stringify(given) !== JSON.stringify(expected)) {
      return verdict("truncated future", whole, differenceOf(expected, given));
    }
  }
  return verdict("truncated future", whole, undefined);
}

/** Checks that a start mid-stream fires nothing that a run from the start does not. */
export async function warmUps(
  signal: HostedSignal,
  records: readonly MarketEvent[],
  whole: HostRun,
): Promise<CheckStep> {
  const known = new Set(whole.fires.map((fire) => JSON.stringify(fire)));
  let isSeen = false;
  for (const share of [0.25, 0.5, 0.75]) {
    const rest = records.slice(Math.floor(records.length * share));
    const { fires } = await runHosted(signal, rest, { isCold: true });
    const extra = fires.find((fire) => !known.has(JSON.stringify(fire)));
    if (extra !== undefined) {
      const detail =
        `begun at ${share * 100} % it fires ${textOf(extra)}, from the start it does not` +
        ": what it knows depends on when it began (a longer warm-up?)";
      return { name: "three warm-ups", result: "failed", detail };
    }
    isSeen ||= fires.length > 0;
  }
  const step = verdict("three warm-ups", whole, undefined);
  if (step.result !== "passed" || isSeen) return step;
  return { ...step, result: "unproven", detail: "it never got warm in what was left" };
}

function verdict(name: string, { fires }: HostRun, problem: string | undefined): CheckStep {
  if (problem !== undefined) return { name, result: "failed", detail: problem };
  return fires.length >= FIRES_MIN
    ? { name, result: "passed", detail: `${fires.length} fires are the same` }
    : {
      ...{ name, result: "unproven" },
      detail: `${fires.length} fires prove nothing: at least ${FIRES_MIN} are needed`,
    };
}

function differenceOf(expected: readonly Fire[], given: readonly Fire[]): string {
  const at = expected.findIndex((fire, i) => JSON.stringify(fire) !== JSON.stringify(given[i]));
  const index = at < 0 ? expected.length : at;
  return `fire ${index + 1} is ${textOf(expected[index])}, then ${textOf(given[index])}`;
}

function textOf(fire: Fire | undefined): string {
  if (fire === undefined) return "none";
  const { receivedAtUs, symbol, values } = fire;
  return `${new Date(receivedAtUs / 1000).toISOString()} ${symbol} ${values}`;
}
