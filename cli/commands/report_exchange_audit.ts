import { dayOfMs, VERSION } from "@ssmd/runtime";
import { ACCESS_LIMITS } from "@ssmd/gateway/access";
import { readClients } from "../client/client_context.ts";
import { CLIENT_FLAGS } from "../client/flags.ts";
import { defineCommand } from "../command/define.ts";
import { file } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";
import { namedDays } from "../data/days.ts";
import { gapView, joinedGaps } from "../data/gap_view.ts";
import { UsageError } from "../exit.ts";
import { isoOfMs } from "../format.ts";
import { MONTH, type Month } from "../report/month.ts";
import { monthTables, type Row } from "../report/month_tables.ts";
import { MANIFEST, packed } from "../report/report_package.ts";

export default defineCommand({
  name: "report exchange-audit",
  brief: "Pack a month for an exchange's auditor: usage, users, entitlements, sessions, gaps",
  description:
    "A zip with a CSV file each: usage by day, client, feed and type; its sums by client, feed, and " +
    "by what clients do with the data (ssmd client update --use); most clients and streams at one " +
    "moment of each day; entitlements in force on each day; sessions; clients as they are now; gaps " +
    "of the archive. manifest.json has their SHA-256, and notes on what is not whole. Counts are " +
    "those of ssmd client usage: messages that were delivered on streams, and requests. It holds " +
    "addresses: the file is for its owner alone, and one that is there is not written over.",
  examples: ["ssmd report exchange-audit --month 2026-08 --out audit.zip"],
  flags: {
    ...CLIENT_FLAGS,
    month: MONTH,
    out: file("Zip that is written", { required: true }),
  },
  output: MANIFEST,
  table: ({ files, notes }) => ({
    text: [
      ...files.map(({ name, rows, sha256 }) => `${name}  ${rows} rows  ${sha256}\n`),
      ...notes.map((note) => `note: ${note}\n`),
    ].join(""),
  }),
  async run({ flags: { month, out, ...location }, context }) {
    const { tables, notes, kept } = await readClients(context, location, async (clients) => {
      const { store, admin, environment } = clients;
      const within = { fromMs: month.fromMs, toMs: month.toMs };
      const history = await store.entitlementHistory();
      const records = {
        ...{ month, accounts: await admin.accounts(), entitlements: history.entitlements },
        usage: await store.usage({ fromDay: `${month.month}-01`, toDay: `${month.month}-31` }),
        sessions: await store.sessions({ within, limit: Number.MAX_SAFE_INTEGER }),
      };
      return {
        tables: monthTables(records),
        notes: notesOf(month, history.sinceMs),
        kept: environment.storage.type !== "memory",
      };
    });
    if (!kept) notes.push("Gaps: the environment archives nothing that outlives its process");
    const gaps = kept ? await gapsOf(context, location.env, month) : [];
    const { zip, manifest } = packed({ ...tables, gaps }, {
      ...{ format: "ssmd exchange audit v1", environment: location.env, month: month.month },
      ...{ made: isoOfMs(Date.now()), software: `ssmd ${VERSION}`, notes },
    });
    await writeNew(out, zip);
    return manifest;
  },
});

async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await Deno.writeFile(path, bytes, { createNew: true, mode: 0o600 });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) throw cause;
    throw new UsageError("FILE_EXISTS", `There is a file ${path} already`, {
      cause,
      hint: "Name another with --out, or remove it first",
    });
  }
}

async function gapsOf(context: SsmdContext, env: string, month: Month): Promise<Row[]> {
  const { fromMs, toMs } = month;
  const { days } = await namedDays(context.globals, { env, from: fromMs * 1000, to: toMs * 1000 });
  return joinedGaps(days).map(gapView);
}

/** What a reader of the numbers must know. */
function notesOf({ fromMs, toMs, month }: Month, entitlementsSinceMs: number): string[] {
  const sessionsSinceMs = Date.now() - ACCESS_LIMITS.sessionsKeptMs;
  return [
    ...toMs > Date.now() ? [`${month} is not over: the numbers are those until now`] : [],
    ...sessionsSinceMs > fromMs
      ? [
        `Sessions that ended before ${
          dayOfMs(sessionsSinceMs)
        } are not kept; peaks are without them`,
      ]
      : [],
    ...entitlementsSinceMs > fromMs
      ? [`Entitlements that were taken away before ${isoOfMs(entitlementsSinceMs)} are not known`]
      : [],
  ];
}
