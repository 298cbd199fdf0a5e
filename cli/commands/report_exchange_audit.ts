import { writingTo } from "@ssmd/runtime/output_error";
import { gapsBetween, gapView } from "@ssmd/dataset/inventory";
import { exchangeAudit, MANIFEST, type Month, type Row } from "@ssmd/gateway/report";
import { readClients } from "../client/client_context.ts";
import { CLIENT_FLAGS } from "../client/flags.ts";
import { defineCommand } from "../command/define.ts";
import { file } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";
import { withNamedDays } from "../data/days.ts";
import { UsageError } from "../exit.ts";
import { MONTH } from "../report/month.ts";

export default defineCommand({
  name: "report exchange-audit",
  brief: "Write a month's report of usage, users and sessions for an exchange's auditor",
  description:
    "Writes a zip with one CSV file each: usage by day, client, feed and type; its totals by " +
    "client, by feed, and by the clients' use of the data (ssmd client update --use); " +
    "maximum of concurrent clients and streams per day; entitlements in force on each day; " +
    "sessions; current clients; gaps of the archive. manifest.json has their SHA-256, and " +
    "notes on incomplete data. Counts are those of ssmd client usage: messages delivered on " +
    "streams, and requests. The report contains addresses: the file is readable by its owner " +
    "only, and an existing file is not overwritten.",
  examples: ["ssmd report exchange-audit --month 2026-08 --out audit.zip"],
  flags: {
    ...CLIENT_FLAGS,
    month: MONTH,
    out: file("Zip file to write", { required: true }),
  },
  output: MANIFEST,
  table: ({ files, notes }) => ({
    text: [
      ...files.map(({ name, rows, sha256 }) => `${name}  ${rows} rows  ${sha256}\n`),
      ...notes.map((note) => `note: ${note}\n`),
    ].join(""),
  }),
  async run({ flags: { month, out, ...location }, context }) {
    const { zip, manifest } = await readClients(context, location, async (clients) => {
      const { store, environment: { storage } } = clients;
      const { env } = location;
      const gaps = storage.type === "memory" ? undefined : await gapsOf(context, env, month);
      return await exchangeAudit({ env, month, store, gaps });
    });
    await writeNew(out, zip);
    return manifest;
  },
});

async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writingTo(path, () => Deno.writeFile(path, bytes, { createNew: true, mode: 0o600 }));
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) throw cause;
    throw new UsageError("FILE_EXISTS", `There is a file ${path} already`, {
      cause,
      hint: "Name another with --out, or remove it first",
    });
  }
}

/** Undefined where nothing is archived: that is no month without gaps. */
async function gapsOf(
  context: SsmdContext,
  env: string,
  month: Month,
): Promise<Row[] | undefined> {
  const { fromMs, toMs } = month;
  const [fromUs, toUs] = [fromMs * 1000, toMs * 1000];
  return await withNamedDays<Row[] | undefined>(context, { env, from: fromUs, to: toUs }, {
    none: undefined,
    read: async (storage, { env, days }) =>
      days.length === 0
        ? undefined
        : (await gapsBetween(storage, { env, fromUs, toUs })).map(gapView),
  });
}
