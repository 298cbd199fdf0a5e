import { z } from "zod";
import { SsmdError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { envOf } from "@ssmd/dataset/inventory";
import { openArchive } from "../archive/open_archive.ts";
import { spanOf } from "../archive/time_span.ts";
import { SERIES_NAMES } from "@ssmd/dataset/series";
import { EVENT_TYPES } from "@ssmd/market";
import {
  ARCHIVE,
  FEEDS,
  SERIES_FLAGS,
  seriesOf,
  SPAN_FLAGS,
  SYMBOLS,
} from "../archive/archive_flags.ts";
import { noteLeftOut } from "../archive/left_out_days.ts";
import { assertSymbolsArchived } from "../archive/requested_symbols.ts";
import { DRY_RUN, ENVIRONMENT_FILTER, OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { choice, text, type ValuesOf } from "../command/flag.ts";
import { notice, type SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import {
  EXPORT_FORMATS,
  type ExportedFile,
  type ExportFormat,
  type ExportOptions,
  type Partition,
  planExport,
} from "@ssmd/dataset/export";
import { openEnrichment } from "../enrich/open_enrichment.ts";
import { ExportProgress } from "../export/progress.ts";
import { bytesText } from "../format.ts";
import { writeBytes } from "../output.ts";
import { render } from "../render.ts";
import { compileTransform, TransformSession } from "@ssmd/transforms";
import { namedTransform } from "../transform/transform_args.ts";
import { transformedBytes } from "../transform/transformed_lines.ts";

const FILE = z.object({
  path: z.string(),
  feed: z.string(),
  type: z.string().describe("Record type; several when one file holds several"),
  date: z.string(),
  state: z.enum(["written", "unchanged", "planned"])
    .describe("unchanged = already complete and from the same sources"),
  records: z.int().describe("planned: as archived, before filtering by symbol and time"),
  bytes: z.int(),
  sha256: z.string().describe("SHA-256 in hex; empty = planned"),
});

const EXPORT = z.object({
  out: z.string(),
  format: z.enum(EXPORT_FORMATS),
  dry_run: z.boolean(),
  records: z.int(),
  bytes: z.int(),
  files: z.array(FILE),
});

const FLAGS = {
  data: ARCHIVE,
  env: ENVIRONMENT_FILTER,
  feed: FEEDS,
  type: choice(
    [...EVENT_TYPES, ...SERIES_NAMES],
    "Record type, or a series computed from records; may be repeated; default all records",
    { repeated: true },
  ),
  ...SERIES_FLAGS,
  symbol: SYMBOLS,
  ...SPAN_FLAGS,
  format: choice(EXPORT_FORMATS, "parquet, csv or jsonl", { default: "parquet" }),
  out: text("Folder, file, or - for stdout", { placeholder: "path", required: true }),
  transform: text("Stored transform that makes the file, applied to one record after another", {
    placeholder: "transform",
  }),
  dryRun: DRY_RUN,
  output: OUTPUT,
};

type Flags = ValuesOf<typeof FLAGS>;

export default defineCommand({
  name: "data export",
  brief: "Export archived records as Parquet, CSV or JSON lines",
  description:
    "--out names a folder, a file or stdout (-). In a folder, each feed, type and day is " +
    "written to feed=…/type=…/date=…/data.parquet, and a file below _lineage/ lists its " +
    "sources. A name that ends in .parquet, .csv or .jsonl is one file.\n\nRecords are " +
    "sorted by symbol and receive time. A file gets its name when it is complete; an " +
    "interrupted export resumes when started again. The same records give the same bytes. " +
    "Parquet: zstd, row groups of about 123,000 rows, times in ns UTC, absent values null. " +
    "CSV: RFC 4180, exact decimals. JSON lines: as the gateway sends.\n\nSeries are computed " +
    "from records. bars: trades by the venue's time. book: the best levels at multiples of " +
    "--every; top_of_book: the best bid and ask; both have a row per change, valid until the " +
    "next row. gap is true where records may be missing; from a gap to the next snapshot the " +
    "book is unknown and its levels are absent. enriched: the values of the environment's " +
    "enrichers, a row per change (ssmd enricher list); valid is false while the book is " +
    "unknown.\n\n--transform: one file or stdout, in the format of a stored transform (ssmd " +
    "transform list); if it throws, the line has transform_error, and the exit code is 1.",
  changes: "data-access",
  examples: [
    "ssmd data export --env demo --out /tmp/export",
    "ssmd data export --feed kraken --type trade --date 2026-08-01 --format csv --out trades.csv",
    "ssmd data export --symbol BTCUSD --from 2026-08-01T02:00:00Z --to 2026-08-02 --out /tmp/btc",
    "ssmd data export --type bars --every 1s --symbol BTCUSD --out bars.parquet",
    "ssmd data export --type bars --type book --depth 5 --every 1s --out /tmp/series",
    "ssmd data export --type trade --symbol BTCUSD --transform desk_csv --out btc.csv",
    "ssmd data export --env demo --out /tmp/export --dry-run",
  ],
  flags: FLAGS,
  prints: EXPORT,
  async run({ flags, context }) {
    const { dir } = context.globals;
    const storage = await openArchive(dir === undefined ? flags : { ...flags, registryDir: dir });
    try {
      if (flags.transform === undefined) await exportRecords(context, flags, { storage });
      else await exportTransformed(context, storage, { ...flags, transform: flags.transform });
    } finally {
      await storage.close();
    }
  },
});

/** Exports one file in a client's own format, transformed from JSON lines. */
async function exportTransformed(
  context: SsmdContext,
  storage: Storage,
  flags: Flags & { transform: string },
): Promise<void> {
  const session = await TransformSession.open(
    compileTransform(await namedTransform(context.globals, flags.transform)),
  );
  const counts = { records: 0, skipped: 0, errors: 0 };
  try {
    const rewrite = (bytes: AsyncIterable<Uint8Array>) => transformedBytes(bytes, session, counts);
    await exportRecords(context, { ...flags, format: "jsonl" }, { storage, rewrite });
  } finally {
    await session.close();
  }
  if (counts.errors === 0) return;
  const { errors, records } = counts;
  throw new SsmdError("TRANSFORM_ERRORS", `${errors} of ${records} records have an error`, {
    hint: "Lines with transform_error say which; the others are as the transform made them",
  });
}

async function exportRecords(
  context: SsmdContext,
  flags: Flags,
  { storage, rewrite }: { storage: Storage; rewrite?: NonNullable<ExportOptions["rewrite"]> },
): Promise<void> {
  const { format, out, dryRun } = flags;
  const oneFile = rewrite !== undefined || isOneFile(out, format);
  const env = await envOf(storage, flags.env);
  await assertSymbolsArchived(context.globals, storage, {
    ...{ env, feeds: flags.feed, symbols: flags.symbol, span: spanOf(flags) },
  });
  const { series } = seriesOf(flags);
  const enrichment = flags.type?.includes("enriched")
    ? await openEnrichment(context, env)
    : undefined;
  await noteLeftOut(context, storage, {
    ...{ env, feeds: flags.feed, types: flags.type, span: spanOf(flags) },
  });
  const partitions = await planExport(storage, {
    ...{ env, format, span: spanOf(flags), series: { ...series, enrichment } },
    ...(flags.feed === undefined ? {} : { feeds: flags.feed }),
    ...(flags.type === undefined ? {} : { types: flags.type }),
    ...(flags.symbol === undefined ? {} : { symbols: flags.symbol }),
  });
  const shown = Deno.stderr.isTerminal() && !context.globals.quiet && !dryRun;
  const { stderr } = context.process;
  const total = partitions.reduce((sum, { archived }) => sum + archived, 0);
  const progress = new ExportProgress(total, shown ? (text) => stderr.write(text) : undefined);
  const options: ExportOptions = {
    ...{ storage, format, out },
    ...(rewrite === undefined ? {} : { rewrite }),
    onRecords: (what, count) => progress.add(what, count),
  };
  const files = oneFile && !dryRun
    ? await toOneFile(partitions, options)
    : await toFolder(partitions, options, dryRun);
  progress.end();
  if (out === "-" && !dryRun) return;
  printFiles(context, flags, files);
  if (flags.output !== "table" || dryRun) return;
  const written = files.filter(({ state }) => state === "written");
  notice(context, progress.summary(sumOf(written, "records"), sumOf(written, "bytes")));
}

/** Returns true for a file or stdout. Throws when the file extension belongs to another format. */
function isOneFile(out: string, format: ExportFormat): boolean {
  const ending = EXPORT_FORMATS.find((each) => out.endsWith(`.${each}`));
  if (ending !== undefined && ending !== format) {
    throw new UsageError("EXPORT_FORMAT", `"${out}" is no name for ${format}`, {
      hint: `Add --format ${ending}, or let the name end in .${format}`,
    });
  }
  return out === "-" || ending !== undefined;
}

async function toFolder(
  partitions: readonly Partition[],
  options: ExportOptions,
  dryRun: boolean,
): Promise<ExportedFile[]> {
  const { exportPartitions, plannedFiles } = await import("@ssmd/dataset/export");
  return await (dryRun ? plannedFiles : exportPartitions)(partitions, options);
}

async function toOneFile(
  partitions: readonly Partition[],
  options: ExportOptions,
): Promise<ExportedFile[]> {
  const { exportFile, oneStream } = await import("@ssmd/dataset/export");
  if (options.out === "-") {
    const folder = await Deno.makeTempDir({ prefix: "ssmd-export-" });
    try {
      const { bytes } = oneStream(partitions, options, `${folder}/sort`);
      for await (const chunk of options.rewrite?.(bytes) ?? bytes) writeBytes(chunk);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    return [];
  }
  const written = await exportFile(partitions, options);
  const all = (pick: (partition: Partition) => string) =>
    [...new Set(partitions.map(pick))].join(" ");
  return [{
    ...{ path: options.out, feed: all(({ feed }) => feed), type: all(({ type }) => type) },
    ...{ date: all(({ day }) => day), state: "written", ...written },
  }];
}

function printFiles(
  { process: { stdout } }: SsmdContext,
  { output, dryRun, out, format }: Flags,
  files: readonly ExportedFile[],
): void {
  const value: z.output<typeof EXPORT> = {
    ...{ out, format, dry_run: dryRun },
    ...{ records: sumOf(files, "records"), bytes: sumOf(files, "bytes"), files: [...files] },
  };
  const rows = files.map(({ sha256: _, bytes, ...file }) => ({
    ...file,
    size: bytes === 0 ? undefined : bytesText(bytes),
  }));
  stdout.write(render({ value, rows, counted: "file" }, output));
}

function sumOf(files: readonly ExportedFile[], field: "records" | "bytes"): number {
  return files.reduce((total, file) => total + file[field], 0);
}
