import { nsText } from "@ssmd/archive";
import { SCHEMAS } from "@ssmd/codec";
import { COMMIT, isoOfUs, VERSION } from "@ssmd/runtime";
import { type Partition, typeOf } from "./plan.ts";
import type { Counted } from "./sorted_records.ts";

/** Lineage of an exported file; without a write time, so equal records give equal bytes. */
export function lineageOf(partition: Partition, counted: Counted): Record<string, unknown> {
  const { env, feed, type, day, symbols, sources, fingerprint, isWhole, fromUs, toUs } = partition;
  const { series } = partition;
  const { version, id, sha256 } = SCHEMAS[type];
  return {
    format: "ssmd-export/1",
    ...{ env, feed, type: typeOf(partition), date: day },
    ...(series === undefined ? {} : { made_of: type, every: series.every, depth: series.depth }),
    ...(series?.enrichment === undefined
      ? {}
      : { chain: series.enrichment.chain.version, enrichment: series.enrichment.sha256 }),
    schema: { version, id, sha256 },
    ...(isWhole ? {} : {
      asked: { from: isoOfUs(fromUs), to: isoOfUs(toUs), symbols: symbols ?? "all" },
    }),
    records: counted.records,
    symbols: counted.symbols,
    from: nsText(counted.firstUs),
    to: nsText(counted.lastUs),
    order: series === undefined ? ["symbol", "received_at", "sequence"] : ["symbol", "time"],
    software: { version: VERSION, commit: COMMIT },
    fingerprint,
    sources: sources.map(({ key, sha256, count }) => ({ key, sha256, count })),
  };
}
