import { type InstrumentFile, registryPathOf } from "@ssmd/metadata";
import { z } from "zod";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { applyChanges, EDIT_FLAGS, EDIT_RESULT, editTable } from "../registry/change.ts";
import { Registry } from "../registry/registry.ts";
import { nowText } from "../secmaster/flags.ts";
import { newVersionText } from "../secmaster/new_version.ts";
import { askOpenFigi, FIGI_URL, type FigiAnswer, type FigiQuery } from "../secmaster/open_figi.ts";
import { checkRegistry } from "../registry/check_registry.ts";

const ENRICHED = EDIT_RESULT.extend({
  not_found: z.array(z.string()).describe("Instruments that OpenFIGI does not know"),
  ambiguous: z.array(z.string()).describe(
    "Instruments with several matches: set one with ssmd secmaster add",
  ),
});

export default defineCommand({
  name: "secmaster figi-enrich",
  brief: "Add FIGIs from OpenFIGI to instruments of the registry without one",
  description:
    "Writes a version known from now on for each equity or coin with exactly one match. " +
    "Instruments with no or several matches are listed and not changed.",
  changes: "config-changes",
  examples: ["ssmd secmaster figi-enrich --dry-run --url http://127.0.0.1:19201/v3"],
  flags: {
    ...EDIT_FLAGS,
    exchange: text("OpenFIGI exchange code for equities, default US", {
      placeholder: "code",
    }),
    url: FIGI_URL,
  },
  output: ENRICHED,
  table: (result) => {
    const lines = [
      ...result.not_found.map((id) => `${id}: OpenFIGI knows none\n`),
      ...result.ambiguous.map((id) => `${id}: OpenFIGI knows several\n`),
    ];
    return { text: editTable(result).text + lines.join("") };
  },
  async run({ flags: { dryRun, exchange = "US", url }, context }) {
    const registry = await Registry.open(context.globals);
    const asked = [...checkRegistry(registry).instruments.values()].flatMap((instrument) => {
      const query = queryOf(instrument, exchange);
      return query === undefined ? [] : [{ instrument, query }];
    });
    const answers = await askOpenFigi(url, asked.map(({ query }) => query));
    const changes = new Map<string, string>();
    const lists = { not_found: [] as string[], ambiguous: [] as string[] };
    const known = nowText();
    asked.forEach(({ instrument }, i) => {
      const { id } = instrument;
      const figis = figisOf(answers[i]);
      const [figi] = figis;
      if (figi === undefined) lists.not_found.push(id);
      else if (figis.length > 1) lists.ambiguous.push(id);
      else {
        const path = registryPathOf({ kind: "instrument", name: id });
        const text = registry.texts.get(path) ?? "";
        changes.set(path, newVersionText(text, instrument, { effective: known, known, figi }));
      }
    });
    return { ...await applyChanges(context, { registry, changes }, { dryRun }), ...lists };
  },
});

/** OpenFIGI query for an instrument; undefined when it has a FIGI or its class has none. */
function queryOf(
  { asset_class, versions }: InstrumentFile,
  exchCode: string,
): FigiQuery | undefined {
  const { base, figi } = versions.at(-1) ?? {};
  if (base === undefined || figi !== undefined) return undefined;
  if (asset_class === "equity") return { idType: "TICKER", idValue: base, exchCode };
  if (asset_class !== "crypto") return undefined;
  return { idType: "BASE_TICKER", idValue: base, securityType2: "CRYPTO" };
}

/** FIGIs of an answer; the composite FIGI replaces those of its listings. */
function figisOf(answer: FigiAnswer | undefined): string[] {
  const { matches = [] } = answer ?? {};
  return [...new Set(matches.map(({ figi, compositeFIGI }) => compositeFIGI ?? figi))];
}
