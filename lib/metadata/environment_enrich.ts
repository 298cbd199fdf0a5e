import { enricherProblems, type EnricherSpec, REFERENCE_FIELDS } from "@ssmd/enrich";
import { z } from "zod";
import type { YamlSource } from "./document.ts";
import type { Finding } from "./finding.ts";
import { duration, fields, nameText, oneOf, plainText, text } from "./shape.ts";

const ENRICHER = {
  name: nameText.describe("Name of the enricher, unique in the list"),
  enabled: z.boolean().exactOptional().describe("Whether it runs; absent = true"),
};

const columnName = text(/^[a-z][a-z0-9_]{0,62}$/, "a name of lower-case letters, digits and _");

/** Enrichers, in order. */
export const ENRICH = z.array(oneOf([
  fields({
    ...ENRICHER,
    type: z.literal("calculation").describe("Values by expressions"),
    values: z.record(columnName, plainText).describe(
      "Name → expression of bid, ask, bid_size, ask_size, last, last_size, mid, spread, spread_bps " +
        "and earlier names, with + - * / ( ), abs, min, max, vwap(1m), volume(1m)",
    ),
  }),
  fields({
    ...ENRICHER,
    type: z.literal("quality").describe("State of the book as a word"),
    stale_after: duration.exactOptional()
      .describe("Time without a trade or update after which the book is stale; absent = never"),
    wide_above_bps: z.number().gt(0).exactOptional()
      .describe("Spread above which the book is wide, ten thousandths of the mid; absent = never"),
  }),
  fields({
    ...ENRICHER,
    type: z.literal("reference_join").describe("Fields of the market from the security master"),
    fields: z.array(plainText).min(1).describe(`Any of ${REFERENCE_FIELDS.join(", ")}`),
  }),
  fields({
    ...ENRICHER,
    type: z.literal("cross_feed").describe(
      "The same instrument on another feed: adds other_bid and other_ask to the expressions of " +
        "later enrichers",
    ),
    symbols: z.record(plainText, plainText).describe("Our symbol → our symbol on another feed"),
  }),
]));

/** Returns the problems of the enrichers of a shape-valid environment. */
export function enrichFindings(
  yaml: YamlSource,
  { enrich = [], symbols }: {
    enrich?: readonly EnricherSpec[];
    symbols: Readonly<Record<string, { feed: string }>>;
  },
): Finding[] {
  const findings = enricherProblems(enrich).map(({ path, message, offset }) =>
    offset === undefined
      ? yaml.finding(["enrich", ...path], message)
      : yaml.findingWithin(["enrich", ...path], offset, message)
  );
  enrich.forEach((spec, i) => {
    if (spec.type !== "cross_feed") return;
    for (const pair of Object.entries(spec.symbols)) {
      const [own, other] = pair.map((symbol) => symbols[symbol]?.feed);
      const missing = pair.find((symbol) => symbols[symbol] === undefined);
      const message = missing === undefined
        ? `${pair.join(" and ")} are both of ${own}`
        : `"${missing}" is no symbol of this environment`;
      if (missing === undefined && own !== other) continue;
      findings.push(yaml.finding(["enrich", i, "symbols", pair[0]], message));
    }
  });
  return findings;
}
