import type { z } from "zod";
import { archiveNotFound } from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";
import { openArchive } from "../archive/open_archive.ts";
import { VERIFICATION, verificationOf } from "../archive/verification_view.ts";
import { verifyArchive } from "@ssmd/dataset/verify";
import { ARCHIVE } from "../archive/archive_flags.ts";
import { ENVIRONMENT_FILTER } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import type { SsmdContext } from "../context.ts";
import { bytesText, countText, shareText } from "../format.ts";
import type { Row } from "../render.ts";

type Verification = z.output<typeof VERIFICATION>;

/** Maximum number of problems printed on stderr. */
const PROBLEMS_MAX = 100;
/** Interval of progress lines, ms. */
const PROGRESS_MS = 200;

export default defineCommand({
  name: "archive verify",
  brief: "Verify every archived file against its manifest and the raw frames",
  description:
    "Reads every file and checks its size, SHA-256, counts, and time and sequence ranges. " +
    "Translates the raw frames again and compares records and gaps with the normalized " +
    "files. Other versions of the records are only checked against their manifests. Prints " +
    "one sentence for each difference, and then exits with code 1. Stop the services first: " +
    "records still in flight count as differences.",
  examples: [
    "ssmd archive verify",
    "ssmd archive verify --data ./data --env demo",
    "ssmd archive verify --env demo --output json",
  ],
  flags: { data: ARCHIVE, env: ENVIRONMENT_FILTER },
  output: VERIFICATION,
  table: (verification) => ({
    rows: [...verification.days.map(rowOf), totalRow(verification)],
    footer: verdictOf(verification),
  }),
  failed: ({ ok }) => !ok,
  async run({ flags, context }) {
    const { dir } = context.globals;
    const storage = await openArchive(dir === undefined ? flags : { ...flags, registryDir: dir });
    try {
      const verification = await verify(context, storage, flags.env);
      report(context, verification);
      return verification;
    } finally {
      await storage.close();
    }
  },
});

async function verify(
  { globals, process: { stderr } }: SsmdContext,
  storage: Storage,
  env: string | undefined,
): Promise<Verification> {
  const shown = Deno.stderr.isTerminal() && !globals.quiet;
  const report = await verifyArchive(storage, {
    ...(shown ? { onProgress: progressTo(stderr) } : {}),
    ...(env === undefined ? {} : { env }),
  });
  if (shown) stderr.write("\r\x1b[K");
  if (report.days.length > 0 || report.problems.length > 0) return verificationOf(report);
  throw await archiveNotFound(storage, env);
}

function progressTo(stderr: { write(text: string): void }) {
  const startMs = performance.now();
  let shownMs = 0;
  return (done: number, total: number) => {
    const nowMs = performance.now();
    if (nowMs - shownMs < PROGRESS_MS) return;
    shownMs = nowMs;
    stderr.write(`\r\x1b[K${shareText(done, total, nowMs - startMs)}: ${done} of ${total} files`);
  };
}

function report({ process: { stderr } }: SsmdContext, { problems }: Verification): void {
  for (const { message } of problems.slice(0, PROBLEMS_MAX)) stderr.write(`problem: ${message}\n`);
  if (problems.length > PROBLEMS_MAX) {
    stderr.write(`and ${problems.length - PROBLEMS_MAX} more: --output json lists all\n`);
  }
}

function verdictOf({ problems, totals }: Verification): string {
  return problems.length > 0
    ? `${countText(problems.length, "problem")}: the archive does not balance`
    : `${countText(totals.files, "file")} whole; ${totals.raw_frames} frames give exactly the ` +
      `${totals.records} records that are archived`;
}

function rowOf(day: Verification["days"][number]): Row {
  const { trade, ticker, orderbook, status, gap } = day.records;
  return {
    ...{ env: day.env, feed: day.feed, version: day.version, day: day.day },
    "raw frames": day.raw_frames,
    ...{ trade, ticker, orderbook, status, gaps: gap },
    ...{ files: day.files, size: bytesText(day.bytes), quality: day.quality },
    state: day.status || "no records",
  };
}

function totalRow({ days, totals }: Verification): Row {
  const sum = (type: keyof Verification["days"][number]["records"]) =>
    days.reduce((total, day) => total + day.records[type], 0);
  return {
    ...{ env: "total", feed: "", version: "", day: "", "raw frames": totals.raw_frames },
    ...{ trade: sum("trade"), ticker: sum("ticker"), orderbook: sum("orderbook") },
    ...{ status: sum("status"), gaps: sum("gap") },
    ...{ files: totals.files, size: bytesText(totals.bytes), quality: null, state: "" },
  };
}
