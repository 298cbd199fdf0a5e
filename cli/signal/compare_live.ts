import type { z } from "zod";
import type { Fire } from "@ssmd/market";
import { type BacktestQuery, type BacktestResult, canonicalJson, firesDigest } from "@ssmd/signals";
import type { COMPARED } from "./backtest_view.ts";

const LISTED_MAX = 100;

/**
 * Compares backtest fires with the live fires of the same source and parameters in the same record
 * source. Leaves out the last moments, of which records or fires are still on their way into it.
 */
export async function compareLive(
  { records, env, fromUs, toUs = Infinity, settledUs = Infinity, symbols }: BacktestQuery,
  { info, fires, completeUs }: BacktestResult,
): Promise<z.output<typeof COMPARED>> {
  const endUs = Math.min(toUs, Math.max(settledUs, completeUs ?? 0));
  const live = new Map<string, Fire>();
  let others = 0;
  const query = {
    ...{ env, feeds: info.feeds, types: ["fire"] as const },
    ...(fromUs === undefined ? {} : { fromUs }),
    ...(endUs === Infinity ? {} : { toUs: endUs }),
    ...(symbols === undefined ? {} : { symbols }),
  };
  for await (const batch of records(query)) {
    for (const record of batch) {
      if (record.type !== "fire" || record.signal !== info.id) continue;
      const { sourceHash, paramsHash } = record;
      if (sourceHash === info.sourceHash && paramsHash === info.paramsHash) {
        live.set(record.id, record);
      } else others++;
    }
  }
  const counted = fires.filter(({ receivedAtUs }) => receivedAtUs < endUs);
  const here = new Map(counted.map((fire) => [fire.id, fire]));
  const both = [...here].flatMap(([id, fire]) => {
    const other = live.get(id);
    return other === undefined
      ? []
      : [{ id, isEqual: canonicalJson(fire) === canonicalJson(other) }];
  });
  return {
    equal: both.filter(({ isEqual }) => isEqual).length,
    different: both.filter(({ isEqual }) => !isEqual).map(({ id }) => id).slice(0, LISTED_MAX),
    missing: [...live.keys()].filter((id) => !here.has(id)).slice(0, LISTED_MAX),
    extra: [...here.keys()].filter((id) => !live.has(id)).slice(0, LISTED_MAX),
    live_sha256: firesDigest([...live.values()]),
    other_versions: others,
  };
}
