import {
  archivedRecords,
  backtest,
  checkSignal,
  type Finding,
  firesDigest,
  hostedSignalOf,
  type SignalFile,
} from "@ssmd/signals";
import { readFeedNames } from "@ssmd/metadata";
import { messageOf, SsmdError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { AGENT_LIMITS } from "../limits.ts";
import type { SignalSources } from "./signal_template.ts";

/** The gate's result for a signal. */
export interface GateReport {
  ok: boolean;
  /** Messages of compiler, rules and checks; returned to the model. */
  problems: string[];
  /** `rules: passed`, … */
  steps: string[];
  fires: number;
}

/** Result of a backtest over the archive; null without an archive. */
export interface BacktestReport {
  sha256: string;
  fires: number;
  records: number;
  from: string | null;
  to: string | null;
}

/** Judges signals with `ssmd signal check` and `ssmd backtest`. */
export interface Gate {
  check(sources: SignalSources): Promise<GateReport>;
  backtest(sources: SignalSources): Promise<BacktestReport | null>;
}

/** Options of {@linkcode signalGate}. */
interface SignalGateOptions {
  /** Folder of the files under test. */
  workDir: string;
  env: string;
  /** Archive to backtest over; undefined when there is none. */
  storage: Storage | undefined;
  /** Start of the backtest, µs. */
  fromUs: number;
  /** Registry folder: its feeds are those that there are. */
  registryDir: string;
}

/** Returns a gate that tests files in its own folder. */
export function signalGate(options: SignalGateOptions): Gate {
  const { workDir, env, storage, fromUs, registryDir } = options;
  return {
    check: (sources) =>
      withFiles(workDir, sources, async (file) => {
        try {
          const feeds = await readFeedNames(registryDir);
          const { ok, findings, steps, fires } = await checkSignal(file, { feeds });
          const failed = steps.filter(({ result }) => result === "failed");
          return {
            ...{ ok, fires, steps: steps.map(({ name, result }) => `${name}: ${result}`) },
            problems: [
              ...findings.map(findingText),
              ...failed.map(({ name, detail }) => `${name}: ${detail}`),
            ],
          };
        } catch (error) {
          if (!(error instanceof SsmdError)) throw error;
          return {
            ok: false,
            fires: 0,
            steps: [],
            problems: [`${error.code}: ${messageOf(error)}`],
          };
        }
      }),
    backtest: async (sources) => {
      if (storage === undefined) return null;
      try {
        return await withFiles(
          workDir,
          sources,
          (file) => measured({ storage, env, fromUs }, file),
        );
      } catch (error) {
        // The archive has no data of its feeds yet.
        if (error instanceof SsmdError && error.code === "ARCHIVE_NOT_FOUND") return null;
        throw error;
      }
    },
  };
}

async function measured(
  { storage, env, fromUs }: { storage: Storage; env: string; fromUs: number },
  file: SignalFile,
): Promise<BacktestReport> {
  const signal = await hostedSignalOf(file);
  const { fires, records, firstUs, lastUs } = await backtest({
    ...{ records: archivedRecords(storage), env, signal, fromUs },
  });
  const isoOf = (us: number | null) => us === null ? null : new Date(us / 1000).toISOString();
  return {
    ...{ sha256: firesDigest(fires), fires: fires.length, records },
    ...{ from: isoOf(firstUs), to: isoOf(lastUs) },
  };
}

/**
 * Writes each draft to the same path, so that the compiler rechecks only changes, in half the time.
 * A name belongs to one open thread.
 */
async function withFiles<T>(
  workDir: string,
  { id, source }: SignalSources,
  body: (file: SignalFile) => Promise<T>,
): Promise<T> {
  const folder = `${workDir}/gate-${id}`;
  await Deno.mkdir(folder, { recursive: true });
  try {
    const path = `${folder}/${id}.ts`;
    await Deno.writeTextFile(path, source);
    return await body({ id, path });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function findingText({ line, column, message, hint }: Finding): string {
  const text = `${line}:${column} ${message}${hint === "" ? "" : ` (${hint})`}`;
  return text.slice(0, AGENT_LIMITS.findingsCharactersMax);
}
