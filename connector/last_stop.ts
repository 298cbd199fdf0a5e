import type { RunBefore } from "@ssmd/archive";
import type { CarriedState } from "@ssmd/exchanges";
import { systemCodeOf, writeFileAtomically } from "@ssmd/runtime";

/** End of the last run. */
export interface LastStop {
  /** Id of the run. */
  run: string;
  /** Time of its last line, µs. */
  lastUs: number;
  /** Reason for the gap record. */
  why: string;
  /** connectionIndexes stopped on purpose while unbroken; absent = none. */
  planned?: number[];
  /** State of markets over all runs so far; absent in files of earlier versions. */
  carried?: CarriedState;
  /** By connectionIndex: time up to which its data is complete, µs. */
  lastGoodAtUs: Record<string, number>;
  /** By connectionIndex: start of suspect times, µs; absent = not suspect. */
  suspectUs?: Record<string, number>;
}

/** File format; versions up to November 2026 wrote `goodUs` for `lastGoodAtUs`. */
type StoredLastStop = Partial<LastStop> & { goodUs?: LastStop["lastGoodAtUs"] };

/** Reads the end of the last run from `dir`; undefined = none, or unreadable. */
export function readLastStop(dir: string): LastStop | undefined {
  try {
    const note = JSON.parse(Deno.readTextFileSync(`${dir}/last-stop.json`)) as StoredLastStop;
    const { goodUs: _, ...stop } = { ...note, lastGoodAtUs: note.lastGoodAtUs ?? note.goodUs };
    const whole = /^[0-9a-z]+$/.test(stop.run ?? "") && Number.isSafeInteger(stop.lastUs) &&
      typeof stop.why === "string" && typeof stop.lastGoodAtUs === "object" &&
      stop.lastGoodAtUs !== null;
    return whole ? stop as LastStop : undefined;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Writes the end of a run. Durable on return, so segments with the same state may be deleted. */
export async function writeLastStop(dir: string, lastStop: LastStop): Promise<void> {
  await writeFileAtomically(`${dir}/last-stop.json`, JSON.stringify(lastStop));
}

/**
 * Returns what a connection's `resumed` line says of the last run's end; undefined when neither the
 * connection nor any of its markets existed then, so that nothing can be missing.
 */
export function runBefore(
  lastStop: LastStop,
  { connectionIndex, symbols }: {
    connectionIndex: number;
    symbols: readonly { external: string }[];
  },
): RunBefore | undefined {
  const { lastGoodAtUs, lastUs, planned = [], carried } = lastStop;
  const known = symbols.filter(({ external }) => carried?.[external] !== undefined);
  if (lastGoodAtUs[connectionIndex] === undefined && carried !== undefined && known.length === 0) {
    return undefined;
  }
  // "" = the whole feed.
  const names = ["", ...known.map(({ external }) => external)];
  const own = names.map((external) => [external, carried?.[external] ?? {}] as const)
    .filter(([, state]) => Object.keys(state).length > 0);
  return {
    fromUs: lastGoodAtUs[connectionIndex] ?? lastUs,
    ...(planned.includes(connectionIndex) && { planned: true }),
    ...(own.length > 0 && { carried: Object.fromEntries(own) }),
  };
}

/** Returns whether the last run, cleanly stopped, had a market until its end. */
export function knowsMarket(dir: string, external: string): boolean {
  const state = readLastStop(dir)?.carried?.[external];
  return state !== undefined && state["left"] === undefined;
}
