import { enrichChain } from "@ssmd/enrich";
import { z } from "zod";
import { ENVIRONMENT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { Registry } from "../registry/registry.ts";

const ENRICHER = z.object({
  name: z.string(),
  type: z.string(),
  enabled: z.boolean(),
  columns: z.array(z.object({
    name: z.string(),
    unit: z.string().describe("Unit: price, size, number; empty = text"),
  })).describe("Fields it adds to rows"),
});

export default defineCommand({
  name: "enricher list",
  brief: "List the enrichers of an environment and what they add",
  description:
    "Enrichers are listed under enrich in the environment's file, in order; if none is " +
    "enabled, no enriched rows are made. The rows are the series enriched of ssmd data " +
    "export and ssmd query, and live the bus subjects {env}.{feed}.enriched.{symbol}.",
  examples: ["ssmd enricher list --env demo"],
  flags: { env: ENVIRONMENT },
  output: z.array(ENRICHER),
  table: (enrichers) => ({
    rows: enrichers.map(({ columns, ...each }) => ({
      ...each,
      adds: columns.map(({ name, unit }) => unit === "" ? name : `${name} (${unit})`).join(" "),
    })),
    counted: "enricher",
  }),
  async run({ flags: { env }, context }) {
    const { enrich = [] } = environmentOf(await Registry.open(context.globals), env);
    const all = enrichChain(enrich.map((each) => ({ ...each, enabled: true })));
    return enrich.map(({ name, type, enabled = true }) => ({
      ...{ name, type, enabled },
      columns: (all?.columns ?? []).filter(({ enricher }) => enricher === name)
        .map((column) => ({ name: column.name, unit: column.unit })),
    }));
  },
});
