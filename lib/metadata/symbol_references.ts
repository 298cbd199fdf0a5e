import type { YamlSource } from "./document.ts";
import type { Finding } from "./finding.ts";
import { entriesOf, fieldOf } from "./untyped.ts";

interface Mapping {
  external: string;
  file: string;
}

/**
 * Checks that a symbol of a feed means the same market in all environments, as their data is
 * compared and replayed by symbol. Reports each difference from the first file.
 */
export function symbolFindings(environments: readonly YamlSource[]): Finding[] {
  const findings: Finding[] = [];
  const first = new Map<string, Mapping>();
  const files = [...environments].sort((a, b) => a.file < b.file ? -1 : 1);
  for (const yaml of files) {
    for (const [symbol, entry] of entriesOf(fieldOf(yaml.value, "symbols"))) {
      const feed = fieldOf(entry, "feed");
      const external = fieldOf(entry, "external");
      if (typeof feed !== "string" || typeof external !== "string") continue;
      const known = first.get(`${feed} ${symbol}`);
      if (known === undefined) first.set(`${feed} ${symbol}`, { external, file: yaml.file });
      else if (known.external !== external) {
        const name = known.file.replace(/^.*\/|\.yaml$/g, "");
        const message = `"${external}" of ${feed} here, but "${known.external}" in environment ` +
          `${name}; a symbol means one market everywhere`;
        findings.push(yaml.finding(["symbols", symbol, "external"], message));
      }
    }
  }
  return findings;
}
