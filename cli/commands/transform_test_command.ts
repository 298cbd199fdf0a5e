import { oneStream, planExport } from "@ssmd/dataset/export";
import { EVENT_TYPES } from "@ssmd/market";
import { makeTemporaryFolder } from "@ssmd/runtime";
import { compileTransform, TransformSession } from "@ssmd/transforms";
import { z } from "zod";
import { ARCHIVE, FEEDS, SPAN_FLAGS, SYMBOLS } from "../archive/archive_flags.ts";
import { assertSymbolsArchived } from "../archive/requested_symbols.ts";
import { spanOf } from "../archive/time_span.ts";
import { withArchive } from "../archive/with_archive.ts";
import { ENVIRONMENT_FILTER, OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { choice, file, text, type ValuesOf, whole } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";
import {
  linesOf,
  type TransformedRecord,
  transformedRecords,
} from "../transform/transformed_lines.ts";
import { namedTransform } from "../transform/transform_args.ts";

const SHOWN_DEFAULT = 5;

const OUTPUT_OF = z.object({
  text: z.string().optional(),
  json: z.unknown().optional(),
  base64: z.string().optional(),
  skip: z.literal(true).optional().describe("It returned nothing: the record is left out"),
  error: z.string().optional(),
}).describe("Result of the transform for the record: one of these");

const RESULT = z.object({
  transform: z.string(),
  records: z.int(),
  skipped: z.int(),
  errors: z.int(),
  ns_per_record: z.int().nullable().describe("Time in its process; null = there was no record"),
  first: z.array(z.object({ record: z.looseObject({}), output: OUTPUT_OF })),
});

const FLAGS = {
  env: ENVIRONMENT_FILTER,
  data: ARCHIVE,
  feed: FEEDS,
  type: choice(EVENT_TYPES, "Record type", { default: "trade" }),
  symbol: SYMBOLS,
  ...SPAN_FLAGS,
  records: file(
    "File of records to use instead of the archive: JSON lines, as in ssmd tail --output json",
  ),
  limit: whole("Number of records to show", { placeholder: "count" }),
  output: OUTPUT,
};

export default defineCommand({
  name: "transform test",
  brief: "Run a transform over archived or recorded records and show input, output and speed",
  description:
    "Takes a stored transform, or a file that is not stored yet. Exit code 1 when a record " +
    "has an error.",
  examples: [
    "ssmd transform test desk_csv --feed kraken --date 2026-08-01",
    "ssmd transform test ./desk_csv.lua --date 2026-08-01 --limit 2 --output json",
  ],
  flags: FLAGS,
  args: [text("Stored transform, or a path ending in .ts or .lua", {
    ...{ placeholder: "transform", required: true },
  })],
  output: RESULT,
  failed: ({ errors }) => errors > 0,
  table: ({ first, records, skipped, errors, ns_per_record }) => ({
    text: [
      ...first.map(({ record, output }) =>
        `in   ${JSON.stringify(record)}\nout  ${output.text ?? JSON.stringify(output)}\n`
      ),
      `${records} records, ${skipped} left out, ${errors} errors, ${ns_per_record ?? "-"} ns each`,
    ].join("\n") + "\n",
  }),
  async run({ flags, args: [name], context }) {
    const transform = compileTransform(await namedTransform(context.globals, name));
    const session = await TransformSession.open(transform);
    try {
      return await withLines(context, flags, async (bytes) => {
        const limit = flags.limit ?? SHOWN_DEFAULT;
        const counted = await counts(transformedRecords(linesOf(bytes), session), limit);
        const { records } = counted;
        const ns_per_record = records === 0 ? null : Math.round(session.costUs * 1000 / records);
        return { transform: transform.name, ...counted, ns_per_record };
      });
    } finally {
      await session.close();
    }
  },
});

async function withLines<T>(
  context: SsmdContext,
  flags: ValuesOf<typeof FLAGS>,
  body: (bytes: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  if (flags.records !== undefined) {
    using opened = await Deno.open(flags.records);
    return await body(opened.readable);
  }
  return await withArchive(context, flags, async ({ storage, env }) => {
    await assertSymbolsArchived(context.globals, storage, {
      ...{ env, feeds: flags.feed, symbols: flags.symbol, span: spanOf(flags) },
    });
    const partitions = await planExport(storage, {
      ...{ env, types: [flags.type], format: "jsonl", span: spanOf(flags), series: {} },
      ...(flags.feed === undefined ? {} : { feeds: flags.feed }),
      ...(flags.symbol === undefined ? {} : { symbols: flags.symbol }),
    });
    await using folder = await makeTemporaryFolder("ssmd-transform-");
    const { bytes } = oneStream(partitions, { storage, format: "jsonl" }, folder.path);
    return await body(bytes);
  });
}

async function counts(all: AsyncIterable<TransformedRecord>, limit: number) {
  const counted = { records: 0, skipped: 0, errors: 0, first: [] as TransformedRecord[] };
  for await (const each of all) {
    counted.records++;
    if ("skip" in each.output) counted.skipped++;
    if ("error" in each.output) counted.errors++;
    if (counted.first.length < limit) counted.first.push(each);
  }
  return counted;
}
