import { buildCommand, type Command } from "@stricli/core";
import { ArchiveError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { openArchive } from "../archive/open_archive.ts";
import type { DayReport, Report } from "@ssmd/dataset/verify";
import { verifyArchive } from "@ssmd/dataset/verify";
import type { SsmdContext } from "../context.ts";
import { ARCHIVE_FLAG, ENV_FILTER_FLAG, OUTPUT_FLAG } from "../flags.ts";
import { bytesText } from "../format.ts";
import { type OutputFormat, render, type Row } from "../render.ts";

interface Flags {
  data?: string;
  env?: string;
  output: OutputFormat;
}

/** Problems that are printed one by one below the table. */
const PROBLEMS_MAX = 100;

/** `ssmd archive verify` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: {
    brief: "Recount every archived file against its manifest and the raw frames",
    fullDescription: "Recount every archived file against its manifest and the raw frames.\n\n" +
      "Reads every file: size, SHA-256, counts, time and sequence spans; translates the raw frames " +
      "anew and balances records and gaps with the normalized files. Other versions of the records " +
      "are recounted and held against their manifests only. Exit code 1 and one sentence " +
      "for everything that does not balance. Stop the services first: what is still on its way is " +
      "a difference.\n\n" +
      "EXAMPLES\n  ssmd archive verify\n  ssmd archive verify --data ./data --env demo\n" +
      "  ssmd archive verify --env demo --output json",
  },
  parameters: {
    flags: {
      data: ARCHIVE_FLAG,
      env: ENV_FILTER_FLAG,
      output: OUTPUT_FLAG,
    },
  },
  func: runVerify,
});

async function runVerify(this: SsmdContext, flags: Flags): Promise<void> {
  const { stdout, stderr } = this.process;
  const { dir } = this.globals;
  const storage = await openArchive(dir === undefined ? flags : { ...flags, registryDir: dir });
  const shown = Deno.stderr.isTerminal() && !this.globals.quiet;
  const report = await verifyArchive(storage, {
    ...(shown ? { onProgress: progressTo(stderr) } : {}),
    ...(flags.env === undefined ? {} : { env: flags.env }),
  });
  if (shown) stderr.write("\r\x1b[K");
  await storage.close();
  if (report.days.length === 0 && report.problems.length === 0) {
    throw nothingThere(storage, flags.env);
  }
  const { problems, totals, days } = report;
  const rows = [...days.map(rowOf), totalRow(report)];
  stdout.write(
    render({ value: { ok: problems.length === 0, totals, days, problems }, rows }, flags.output),
  );
  for (const { message } of problems.slice(0, PROBLEMS_MAX)) stderr.write(`problem: ${message}\n`);
  if (problems.length > PROBLEMS_MAX) {
    stderr.write(`and ${problems.length - PROBLEMS_MAX} more: --output json lists all\n`);
  }
  if (flags.output === "table" && !this.globals.quiet) stdout.write(`${verdict(report)}\n`);
  if (problems.length > 0) Deno.exitCode = 1;
}

function nothingThere({ location }: Storage, env: string | undefined): ArchiveError {
  const whose = env === undefined ? "archive" : `archive of the environment "${env}"`;
  return new ArchiveError("ARCHIVE_NOT_FOUND", `There is no ${whose} in "${location}".`, {
    hint: "--data names the folder that holds raw/ and normalized/; --env alone takes its storage.",
  });
}

function progressTo(stderr: { write(text: string): void }) {
  let shownMs = 0;
  return (done: number, total: number) => {
    const nowMs = performance.now();
    if (nowMs - shownMs < 200) return;
    shownMs = nowMs;
    stderr.write(`\r\x1b[K${done} of ${total} files`);
  };
}

function rowOf(day: DayReport): Row {
  const { trade, ticker, orderbook, status, gap } = day.records;
  return {
    env: day.env,
    feed: day.feed,
    version: day.version,
    day: day.day,
    "raw frames": day.rawFrames,
    ...{ trade, ticker, orderbook, status, gaps: gap },
    files: day.files,
    size: bytesText(day.bytes),
    quality: day.quality,
    state: day.status || "no records",
  };
}

function totalRow({ days, totals }: Report): Row {
  const sum = (type: keyof DayReport["records"]) =>
    days.reduce((total, day) => total + day.records[type], 0);
  return {
    env: "total",
    feed: "",
    version: "",
    day: "",
    "raw frames": totals.rawFrames,
    trade: sum("trade"),
    ticker: sum("ticker"),
    orderbook: sum("orderbook"),
    status: sum("status"),
    gaps: sum("gap"),
    files: totals.files,
    size: bytesText(totals.bytes),
    quality: null,
    state: "",
  };
}

function verdict({ problems, totals }: Report): string {
  if (problems.length > 0) {
    return `${problems.length} problem${
      problems.length === 1 ? "" : "s"
    }: the archive does not balance`;
  }
  return `all ${totals.files} files are whole; ${totals.rawFrames} frames give exactly the ` +
    `${totals.records} records that are archived`;
}
