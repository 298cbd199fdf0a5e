import { z } from "zod";
import { subjectOf } from "@ssmd/market";
import { todayUtc, versionOn } from "@ssmd/metadata/registry_content";
import { defineCommand } from "../command/define.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { SYMBOL_NAME } from "../registry/registry_args.ts";
import { Registry } from "../registry/registry.ts";

const MAPPING = z.looseObject({
  feed: z.string(),
  external: z.string().describe("The venue's name"),
  depth: z.int().exactOptional(),
  subjects: z.array(z.string()),
}).describe("Including the symbol's attributes");

export default defineCommand({
  name: "symbol show",
  brief: "Show a symbol: the venue's name, the environments, the subjects",
  examples: ["ssmd symbol show BTCUSD"],
  args: [SYMBOL_NAME],
  output: z.object({
    symbol: z.string(),
    environments: z.record(z.string(), MAPPING).describe("Subjects by environment"),
  }),
  async run({ args: [symbol], context }) {
    const registry = await Registry.open(context.globals);
    const environments = registry.names("environment").map((name) => environmentOf(registry, name));
    const entries = environments.flatMap(({ name, symbols }) => {
      const entry = symbols[symbol];
      if (entry === undefined) return [];
      const types = versionOn(registry.feed(entry.feed), todayUtc())?.capabilities.types ?? [];
      const subjects = types.map((type) => subjectOf(name, entry.feed, type, symbol));
      return [[name, { ...entry, subjects }] as const];
    });
    if (entries.length === 0) {
      const all = new Set(environments.flatMap(({ symbols }) => Object.keys(symbols)));
      throw registry.unknown("symbol", symbol, [...all]);
    }
    return { symbol, environments: Object.fromEntries(entries) };
  },
});
