import { type EnrichedJson } from "@ssmd/enrich";
import type { Enrichment } from "@ssmd/metadata";
import { oneStream, planExport } from "@ssmd/dataset/export";
import { makeTemporaryFolder } from "@ssmd/runtime";
import { z } from "zod";
import { ARCHIVE, FEEDS, SPAN_FLAGS, SYMBOLS } from "../archive/archive_flags.ts";
import { assertSymbolsArchived } from "../archive/requested_symbols.ts";
import { spanOf } from "../archive/time_span.ts";
import { withArchive } from "../archive/with_archive.ts";
import { ENVIRONMENT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { parsed, text } from "../command/flag.ts";
import { notice } from "../context.ts";
import { enricherIndex, openEnrichment } from "../enrich/open_enrichment.ts";
import { countText } from "../format.ts";
import { unknownName } from "../unknown_name.ts";

const ROW = z.looseObject({
  symbol: z.string(),
  feed: z.string(),
  time: z.number().describe("ms since 1970"),
  valid: z.boolean().describe("Whether the book is known"),
}).describe("Values of a market until its next row, with the enrichers' columns");

export default defineCommand({
  name: "enricher test",
  brief: "Test enrichers over a day or a session of the archive",
  description:
    "Disabled enrichers run, too. With a name, runs that enricher and those before it, which " +
    "it may use. Nothing is written.",
  examples: [
    "ssmd enricher test --date 2026-08-01 --limit 5",
    "ssmd enricher test prices --env demo --symbol BTCUSD --output json",
  ],
  flags: {
    env: ENVIRONMENT,
    data: ARCHIVE,
    feed: FEEDS,
    symbol: SYMBOLS,
    ...SPAN_FLAGS,
    limit: parsed(parseLimit, "Maximum number of rows printed", {
      default: "20",
      placeholder: "rows",
      type: "number",
    }),
  },
  args: [text("Last enricher to run; default all", { placeholder: "enricher" })],
  output: z.object({
    chain: z.string().describe("Version of the enrichers, as in rows and lineage"),
    rows: z.int().describe("Rows in the span"),
    unknown: z.int().describe("Rows while the book is not known"),
    first: z.array(ROW),
  }),
  table: ({ first }) => ({
    rows: first.map(({ time, ...row }) => ({ time: new Date(time).toISOString(), ...row })),
    counted: "row",
  }),
  async run({ flags, args: [name], context }) {
    const { env } = flags;
    const enrichment = await openEnrichment(context, env, (specs) => {
      const count = name === undefined ? specs.length : enricherIndex(specs, env, name) + 1;
      return specs.slice(0, count).map((each) => ({ ...each, enabled: true }));
    });
    if (enrichment === undefined) {
      throw unknownName({ what: "enricher", name: name ?? "any", names: [], where: `of ${env}` });
    }
    return await withArchive(context, flags, async ({ storage }) => {
      await assertSymbolsArchived(context.globals, storage, {
        ...{ env, feeds: flags.feed, symbols: flags.symbol, span: spanOf(flags) },
      });
      const partitions = await planExport(storage, {
        ...{ env, types: ["enriched"], format: "jsonl", span: spanOf(flags) },
        series: { enrichment },
        ...(flags.feed === undefined ? {} : { feeds: flags.feed }),
        ...(flags.symbol === undefined ? {} : { symbols: flags.symbol }),
      });
      await using folder = await makeTemporaryFolder("ssmd-enricher-");
      const { bytes } = oneStream(partitions, { storage, format: "jsonl" }, folder.path);
      const tried = await counted(bytes, enrichment, flags.limit);
      notice(
        context,
        `${countText(tried.rows, "row")}, ${tried.unknown} of them while the book is not known`,
      );
      return tried;
    });
  },
});

async function counted(
  bytes: AsyncIterable<Uint8Array>,
  { chain }: Enrichment,
  limit: number,
): Promise<{ chain: string; rows: number; unknown: number; first: EnrichedJson[] }> {
  const tried = { chain: chain.version, rows: 0, unknown: 0, first: [] as EnrichedJson[] };
  const decoder = new TextDecoder();
  for await (const chunk of bytes) {
    // A chunk ends at a line break.
    for (const line of decoder.decode(chunk).trimEnd().split("\n")) {
      const row = JSON.parse(line) as EnrichedJson;
      tried.rows++;
      if (!row.valid) tried.unknown++;
      if (tried.first.length < limit) tried.first.push(row);
    }
  }
  return tried;
}

function parseLimit(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new RangeError("a limit is a whole number up to 999999");
  return Number(text);
}
