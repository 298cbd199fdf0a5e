import { buildCommand, type Command } from "@stricli/core";
import { EVENT_TYPES, type EventType } from "@ssmd/market";
import { parseSymbol } from "../archive/asked_symbols.ts";
import { envOf } from "@ssmd/dataset/inventory";
import { openArchive } from "../archive/open_archive.ts";
import { SPAN_FLAGS, type SpanFlags, spanOf } from "../archive/time_span.ts";
import { notice, type SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { EXPORT_FORMATS, type ExportFormat } from "@ssmd/dataset/export";
import type { ExportedFile, ExportOptions } from "@ssmd/dataset/export";
import { type Partition, planExport } from "@ssmd/dataset/export";
import { ExportProgress } from "../export/progress.ts";
import { ARCHIVE_FLAG, ENV_FILTER_FLAG, OUTPUT_FLAG } from "../flags.ts";
import { bytesText } from "../format.ts";
import { writeBytes } from "../output.ts";
import { docs, switchFlag } from "../registry/flags.ts";
import { type OutputFormat, render } from "../render.ts";

interface Flags extends SpanFlags {
  data?: string;
  env?: string;
  feed?: string[];
  type?: EventType[];
  symbol?: string[];
  format: ExportFormat;
  out: string;
  dryRun: boolean;
  output: OutputFormat;
}

/** A flag that may be given several times. */
const SEVERAL = { kind: "parsed", parse: String, optional: true, variadic: true } as const;

/** `ssmd data export` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs(
    "Export archived records as Parquet, CSV or JSON lines",
    "--out names a folder: a file a feed, type and day goes to " +
      "feed=…/type=…/date=…/data.parquet, and a file below _lineage/ tells its sources. " +
      "A name that ends in .parquet, .csv or .jsonl is one file, - is stdout.\n\n" +
      "Records are sorted by symbol and receive time. Files get their names when they are whole; " +
      "an export that was broken off goes on where it was when it is started again. The same " +
      "records give the same bytes. Parquet: zstd, row groups of about 123,000 rows, times in ns " +
      "UTC, absent values null. CSV: RFC 4180, exact decimals. JSON lines: as the gateway sends.",
    [
      "ssmd data export --env demo --out /tmp/export",
      "ssmd data export --feed kraken --type trade --date 2026-08-01 --format csv --out trades.csv",
      "ssmd data export --symbol BTCUSD --from 2026-08-01T02:00:00Z --to 2026-08-02 --out /tmp/btc",
      "ssmd data export --env demo --out /tmp/export --dry-run",
    ],
  ),
  parameters: {
    flags: {
      data: ARCHIVE_FLAG,
      env: ENV_FILTER_FLAG,
      feed: { ...SEVERAL, brief: "Of this feed; may be repeated", placeholder: "feed" },
      type: {
        kind: "enum",
        values: EVENT_TYPES,
        brief: "Of this type; may be repeated",
        optional: true,
        variadic: true,
      },
      symbol: {
        ...SEVERAL,
        parse: parseSymbol,
        brief: "Of this symbol; may be repeated",
        placeholder: "symbol",
      },
      ...SPAN_FLAGS,
      format: {
        kind: "enum",
        values: EXPORT_FORMATS,
        default: "parquet",
        brief: "parquet, csv or jsonl",
      },
      out: {
        kind: "parsed",
        parse: String,
        brief: "Folder, file, or - for stdout",
        placeholder: "path",
      },
      dryRun: switchFlag("Tell what would be written, and write nothing"),
      output: OUTPUT_FLAG,
    },
  },
  func: runExport,
});

async function runExport(this: SsmdContext, flags: Flags): Promise<void> {
  const { dir } = this.globals;
  const { format, out } = flags;
  const oneFile = isOneFile(out, format);
  const storage = await openArchive(dir === undefined ? flags : { ...flags, registryDir: dir });
  try {
    const partitions = await planExport(storage, {
      ...{ env: await envOf(storage, flags.env), format, span: spanOf(flags) },
      ...(flags.feed === undefined ? {} : { feeds: flags.feed }),
      ...(flags.type === undefined ? {} : { types: flags.type }),
      ...(flags.symbol === undefined ? {} : { symbols: flags.symbol }),
    });
    const shown = Deno.stderr.isTerminal() && !this.globals.quiet && !flags.dryRun;
    const { stderr } = this.process;
    const total = partitions.reduce((sum, { archived }) => sum + archived, 0);
    const progress = new ExportProgress(total, shown ? (text) => stderr.write(text) : undefined);
    const options: ExportOptions = {
      ...{ storage, format, out },
      onRecords: (what, count) => progress.add(what, count),
    };
    const files = oneFile && !flags.dryRun
      ? await toOneFile(partitions, options)
      : await toFolder(partitions, options, flags.dryRun);
    progress.end();
    if (out === "-" && !flags.dryRun) return;
    report(this, flags, files, progress);
  } finally {
    await storage.close();
  }
}

/** Whether `out` is a file or stdout; a file of another format's ending is a mistake. */
function isOneFile(out: string, format: ExportFormat): boolean {
  const ending = EXPORT_FORMATS.find((each) => out.endsWith(`.${each}`));
  if (ending !== undefined && ending !== format) {
    throw new UsageError("EXPORT_FORMAT", `"${out}" is no name for ${format}.`, {
      hint: `Add --format ${ending}, or let the name end in .${format}.`,
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
      for await (const chunk of bytes) writeBytes(chunk);
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

function report(
  context: SsmdContext,
  { output, dryRun, out, format }: Flags,
  files: readonly ExportedFile[],
  progress: ExportProgress,
): void {
  const written = files.filter(({ state }) => state === "written");
  const sum = (list: readonly ExportedFile[], field: "records" | "bytes") =>
    list.reduce((total, file) => total + file[field], 0);
  const value = {
    ...{ out, format, dryRun },
    records: sum(files, "records"),
    bytes: sum(files, "bytes"),
    files,
  };
  const rows = files.map(({ sha256: _, bytes, ...file }) => ({
    ...file,
    size: bytes === 0 ? undefined : bytesText(bytes),
  }));
  context.process.stdout.write(render({ value, rows, counted: "file" }, output));
  if (output !== "table" || dryRun) return;
  notice(context, progress.summary(sum(written, "records"), sum(written, "bytes")));
}
