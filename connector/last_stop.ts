import type { RunBefore } from "@ssmd/archive";
import type { CarriedState } from "@ssmd/exchanges";
import { systemCodeOf } from "@ssmd/runtime";
import { syncFolder } from "@ssmd/storage";

/** How the last run ended. */
export interface LastStop {
  /** Its id. */
  run: string;
  /** Its last line, µs. */
  lastUs: number;
  /** For the gap record. */
  why: string;
  /** The connectionIndexes that were stopped on purpose, and not broken before; absent = none. */
  planned?: number[];
  /** What it and the runs before it knew of markets; absent in notes of earlier versions. */
  carried?: CarriedState;
  /** By connectionIndex: up to when the connection missed nothing, µs. */
  lastGoodAtUs: Record<string, number>;
  /** By connectionIndex: since when its times were suspect, µs; absent where they were not. */
  suspectUs?: Record<string, number>;
}

/** As it lies on disk; versions up to November 2026 wrote `goodUs` for `lastGoodAtUs`. */
type StoredLastStop = Partial<LastStop> & { goodUs?: LastStop["lastGoodAtUs"] };

/** What the last run left in `dir`, so that the time until the next start is a known gap. */
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

/** Notes how a run ended. Durable when it returns: the segments that say the same may go then. */
export async function writeLastStop(dir: string, lastStop: LastStop): Promise<void> {
  const path = `${dir}/last-stop.json`;
  const file = await Deno.open(`${path}.tmp`, { write: true, create: true, truncate: true });
  try {
    const bytes = new TextEncoder().encode(JSON.stringify(lastStop));
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
    await file.syncData();
  } finally {
    file.close();
  }
  await Deno.rename(`${path}.tmp`, path);
  await syncFolder(dir);
}

/**
 * What a connection's `resumed` line tells of how the last run ended; undefined when neither the
 * connection nor a market of it was there before: then there is nothing that could be missed.
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
  // "" = of the whole feed.
  const names = ["", ...known.map(({ external }) => external)];
  const own = names.map((external) => [external, carried?.[external] ?? {}] as const)
    .filter(([, state]) => Object.keys(state).length > 0);
  return {
    fromUs: lastGoodAtUs[connectionIndex] ?? lastUs,
    ...(planned.includes(connectionIndex) && { planned: true }),
    ...(own.length > 0 && { carried: Object.fromEntries(own) }),
  };
}

/** Whether the last run, which was stopped, had a market to its end. */
export function knowsMarket(dir: string, external: string): boolean {
  const state = readLastStop(dir)?.carried?.[external];
  return state !== undefined && state["left"] === undefined;
}
