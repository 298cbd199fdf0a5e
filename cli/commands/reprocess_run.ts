import { buildCommand, type Command } from "@stricli/core";
import { SCHEMAS } from "@ssmd/codec";
import {
  planReprocess,
  reprocess,
  type ReprocessedDay,
  type ReprocessOptions,
} from "@ssmd/dataset/reprocess";
import { EVENT_TYPES } from "@ssmd/market";
import { COMMIT, VERSION } from "@ssmd/runtime";
import { openStorage, type StorageConfig } from "@ssmd/storage";
import { envOf } from "@ssmd/dataset/inventory";
import { archiveConfig } from "../archive/open_archive.ts";
import { SPAN_FLAGS, type SpanFlags } from "../archive/time_span.ts";
import { notice, type SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { bytesText } from "../format.ts";
import { docs, numberFlag, switchFlag, textFlag } from "../registry/flags.ts";
import { render, type Row } from "../render.ts";
import { daySpanOf, FEED_FLAG, VERSION_FLAGS, type VersionFlags } from "../reprocess/flags.ts";

interface Flags extends VersionFlags, SpanFlags {
  feed: string;
  schema?: string;
  normalizer?: string;
  as?: string;
  parallel?: number;
  temp?: string;
  dryRun: boolean;
}

const THREADS_MAX = 64;

/** `ssmd reprocess run` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs(
    "Make days of a version from the raw files",
    "Every connection is translated in its own order, from its first line or from where the day " +
      "before left it, into normalized/{env}/{feed}/{version}/…; no other version is touched. What " +
      "was made from the same raw files is kept, so a run that was interrupted goes on where it was. " +
      "The same raw files, normalizer, schema and software give the same bytes. Lines that raw does " +
      "not have are told as a gap, and the day is partial.\n\n" +
      "--normalizer takes another wire format than that of each connection's first day: by its id, " +
      "or that of a day. --schema names the schema version of the records: that of this software's " +
      "codec, every other one is refused. --as names the version; default is the normalizer's or " +
      "the schema's name. --parallel shares connections out over threads, and writes a day while " +
      "the next one is translated.",
    [
      "ssmd reprocess run --feed kraken --date 2026-08-01 --as v2 --dry-run",
      "ssmd reprocess run --feed kraken --from 2026-08-01 --to 2026-08-02 --as v2 --parallel 2",
      "ssmd reprocess run --data ./data --feed kraken --normalizer kraken-v2",
    ],
  ),
  parameters: {
    flags: {
      ...VERSION_FLAGS,
      feed: FEED_FLAG,
      ...SPAN_FLAGS,
      schema: textFlag("Schema version of the records; default: that of the codec", "version"),
      normalizer: textFlag("Normalizer by id or day; default: by date", "id"),
      as: textFlag("Name of the version that is made", "version"),
      parallel: numberFlag("Threads; default 1", "count"),
      temp: textFlag("Folder for temporary files; default: the system's", "dir"),
      dryRun: switchFlag("Show what would be made and make nothing"),
    },
  },
  func: run,
});

async function run(this: SsmdContext, flags: Flags): Promise<void> {
  checkSchema(flags.schema);
  const { dir } = this.globals;
  const config = await archiveConfig(dir === undefined ? flags : { ...flags, registryDir: dir });
  const storage = await openStorage(config);
  try {
    const env = await envOf(storage, flags.env);
    const version = versionOf(flags);
    const options: ReprocessOptions = {
      ...{ storage, env, feed: flags.feed, version, ...daySpanOf(flags) },
      ...(flags.normalizer === undefined ? {} : { normalizer: flags.normalizer }),
      software: { version: VERSION, commit: COMMIT },
      ...(flags.temp === undefined ? {} : { tempDir: flags.temp }),
      ...threadsOf(flags, config),
      onDay: (day, done) => {
        if (done === undefined) notice(this, `${day}: translating`);
        else notice(this, `${day}: ${bytesText(done.bytes)} written`);
      },
    };
    const days = await (flags.dryRun ? planReprocess(options) : reprocess(options));
    const rows = days.map(rowOf);
    const value = { env, feed: flags.feed, version, dryRun: flags.dryRun, days };
    this.process.stdout.write(render({ value, rows, counted: "day" }, flags.output));
    for (const { day, made } of days) {
      for (const note of made?.notes ?? []) notice(this, `note: ${day}: ${note}`);
    }
  } finally {
    await storage.close();
  }
}

function threadsOf({ parallel = 1 }: Flags, storage: StorageConfig) {
  if (parallel >= 1 && parallel <= THREADS_MAX) {
    return parallel === 1 ? {} : { threads: { count: parallel, storage } };
  }
  throw new UsageError("WRONG_USAGE", `--parallel ${parallel} is no number of threads`, {
    hint: `a number from 1 to ${THREADS_MAX}`,
  });
}

/** Only one version of each schema has a codec: what it writes cannot be chosen, only be expected. */
function checkSchema(schema: string | undefined): void {
  const written = EVENT_TYPES.map((type) => `${type} ${SCHEMAS[type].version}`);
  if (schema === undefined || written.every((each) => each.endsWith(` ${schema}`))) return;
  throw new UsageError(
    "SCHEMA_UNKNOWN",
    `This software does not write schema version "${schema}".`,
    {
      hint: `It writes ${written.join(", ")}. The codec of another registered version is made by ` +
        "deno task codegen, and its fields are filled by normalizers.",
    },
  );
}

function versionOf({ as, normalizer, schema }: Flags): string {
  const version = as ?? normalizer ?? schema;
  if (version !== undefined) return version;
  throw new UsageError("VERSION_NEEDED", "The version that is to be made has no name.", {
    hint: "name it with --as v2",
  });
}

function rowOf({ day, action, connections, lines, rawBytes, made }: ReprocessedDay): Row {
  const records = made && Object.values(made.records).reduce((sum, count) => sum + count, 0);
  return {
    day,
    action: made !== undefined && action === "make" ? "made" : action,
    connections,
    "raw lines": lines,
    raw: bytesText(rawBytes),
    records,
    size: made && bytesText(made.bytes),
    "all of raw": made === undefined ? undefined : made.whole ? "yes" : "no",
  };
}
