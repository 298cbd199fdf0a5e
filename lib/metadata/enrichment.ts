import { createHash } from "node:crypto";
import { type EnrichChain, enrichChain, type ReferenceSpan } from "@ssmd/enrich";
import type { Environment } from "./environment.ts";
import type { InstrumentFile } from "./instruments/instrument_file.ts";
import { referenceSpans } from "./instruments/reference_spans.ts";
import { SecurityMaster } from "./instruments/security_master.ts";

/** The enrichers of an environment with what they need to know of its markets. */
export interface Enrichment {
  chain: EnrichChain;
  /** SHA-256 of all that decides the values besides records. */
  sha256: string;
  /** What the security master says of a market over time. */
  references(feed: string, symbol: string): ReferenceSpan[];
  /** The same instrument on another feed; undefined = none is named. */
  otherOf(symbol: string): { feed: string; symbol: string } | undefined;
  /** The instruments of a feed that are named on another one. */
  pairsOf(feed: string): { symbol: string; other: { feed: string; symbol: string } }[];
}

/** The enrichers of an environment; undefined = it has none that is enabled. */
export function enrichmentOf(
  { enrich, symbols }: Pick<Environment, "enrich" | "symbols">,
  instruments: Iterable<InstrumentFile>,
): Enrichment | undefined {
  const chain = enrichChain(enrich);
  if (chain === undefined) return undefined;
  const master = new SecurityMaster();
  const isJoined = chain.references.length > 0;
  if (isJoined) { for (const instrument of instruments) master.put(instrument); }
  const decisive = [chain.version, isJoined ? [...master.all()] : [], symbols];
  const otherOf = (symbol: string) => {
    const other = chain.others.get(symbol);
    const feed = other === undefined ? undefined : symbols[other]?.feed;
    return other === undefined || feed === undefined ? undefined : { feed, symbol: other };
  };
  return {
    chain,
    sha256: createHash("sha256").update(JSON.stringify(decisive)).digest("hex"),
    references: (feed, symbol) => {
      if (!isJoined) return [];
      const market = { feed, symbol, external: symbols[symbol]?.external };
      return referenceSpans(master, market, chain.references);
    },
    otherOf,
    pairsOf: (feed) =>
      [...chain.others.keys()].flatMap((symbol) => {
        const other = otherOf(symbol);
        return symbols[symbol]?.feed === feed && other !== undefined ? [{ symbol, other }] : [];
      }),
  };
}
