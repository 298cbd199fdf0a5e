import { createHash } from "node:crypto";
import { type EnrichChain, enrichChain, type ReferenceSpan } from "@ssmd/enrich";
import type { Environment } from "./environment.ts";
import type { InstrumentFile } from "./instruments/instrument_file.ts";
import { referenceSpans } from "./instruments/reference_spans.ts";
import { SecurityMaster } from "./instruments/security_master.ts";

/** An environment's enrichers with the market data they need. */
export interface Enrichment {
  chain: EnrichChain;
  /** SHA-256 of everything besides records that affects values. */
  sha256: string;
  /** Returns the security master's values of a market over time. */
  references(feed: string, symbol: string): ReferenceSpan[];
  /** Returns the same instrument on another feed; undefined = none configured. */
  otherOf(symbol: string): { feed: string; symbol: string } | undefined;
  /** Returns a feed's instruments that are paired with another feed. */
  pairsOf(feed: string): { symbol: string; other: { feed: string; symbol: string } }[];
}

/** Returns an environment's enrichers; undefined = none enabled. */
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
