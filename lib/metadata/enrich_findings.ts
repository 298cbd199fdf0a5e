import { enricherProblems, type EnricherSpec } from "@ssmd/enrich";
import type { YamlSource } from "./document.ts";
import type { Finding } from "./finding.ts";

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
