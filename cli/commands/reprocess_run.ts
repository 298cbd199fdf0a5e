import { z } from "zod";
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
import { SPAN_FLAGS } from "../archive/archive_flags.ts";
import { DRY_RUN } from "../command/common_flags.ts";
import { COUNTS_BY_TYPE } from "../archive/counts_by_type.ts";
import { defineCommand } from "../command/define.ts";
import { dir, text, type ValuesOf, whole } from "../command/flag.ts";
import { notice } from "../context.ts";
import { UsageError } from "../exit.ts";
import { bytesText } from "../format.ts";
import type { Row } from "../render.ts";
import { daySpanOf, VERSION_FLAGS } from "../reprocess/flags.ts";

const THREADS_MAX = 64;

const DAY = z.object({
  day: z.string(),
  action: z.enum(["make", "keep"]),
  connections: z.int(),
  lines: z.int().describe("Raw lines of the day"),
  raw_bytes: z.int(),
  made: z.object({
    input: z.string().describe("SHA-256 over the raw files"),
    whole: z.boolean().describe("Whether raw was complete"),
    notes: z.array(z.string()),
    lines: z.int(),
    records: COUNTS_BY_TYPE,
    symbols: z.int(),
    bytes: z.int(),
    finished_at: z.string().describe("ISO 8601"),
  }).exactOptional().describe("Absent = only planned"),
});

const FLAGS = {
  ...VERSION_FLAGS,
  ...SPAN_FLAGS,
  schema: text("Schema version of the records; default: that of the codec", {
    placeholder: "version",
  }),
  normalizer: text("Normalizer by id or day; default: by date", { placeholder: "id" }),
  as: text("Name of the version to create", { placeholder: "version" }),
  parallel: whole("Threads", { placeholder: "count", default: "1" }),
  temp: dir("Folder for temporary files; default: the system's"),
  dryRun: DRY_RUN,
};

type Flags = ValuesOf<typeof FLAGS>;

export default defineCommand({
  name: "reprocess run",
  brief: "Rebuild days of records from raw files, as a version",
  description:
    "Translates every connection in its own order, from its first line or from its state at " +
    "the end of the previous day, into normalized/{env}/{feed}/{version}/…; no other version " +
    "is changed. Results from the same raw files are kept, so an interrupted run resumes. " +
    "The same raw files, normalizer, schema and software give the same bytes. Lines missing " +
    "in raw become a gap, and the day is partial.\n\n--normalizer chooses another wire " +
    "format than that of each connection's first day: by its id, or by a day. --schema names " +
    "the schema version of the records: any other than that of this software's codec is " +
    "refused. --as names the version; default is the normalizer's or the schema's name. " +
    "--parallel distributes connections over threads, and writes one day while the next one " +
    "is translated.",
  changes: "operations",
  examples: [
    "ssmd reprocess run --feed kraken --date 2026-08-01 --as v2 --dry-run",
    "ssmd reprocess run --feed kraken --from 2026-08-01 --to 2026-08-02 --as v2 --parallel 2",
    "ssmd reprocess run --data ./data --feed kraken --normalizer kraken-v2",
  ],
  flags: FLAGS,
  output: z.object({
    env: z.string(),
    feed: z.string(),
    version: z.string(),
    dry_run: z.boolean(),
    days: z.array(DAY),
  }),
  table: ({ days }) => ({ rows: days.map(rowOf), counted: "day" }),
  async run({ flags, context }) {
    assertSchema(flags.schema);
    const { dir } = context.globals;
    const config = await archiveConfig(dir === undefined ? flags : { ...flags, registryDir: dir });
    const storage = await openStorage(config);
    try {
      const { feed, dryRun } = flags;
      const env = await envOf(storage, flags.env);
      const version = versionOf(flags);
      const options: ReprocessOptions = {
        ...{ storage, env, feed, version, ...daySpanOf(flags) },
        ...(flags.normalizer === undefined ? {} : { normalizer: flags.normalizer }),
        software: { version: VERSION, commit: COMMIT },
        ...(flags.temp === undefined ? {} : { tempDir: flags.temp }),
        ...threadsOf(flags, config),
        onDay: (day, done) => {
          if (done === undefined) notice(context, `${day}: translating`);
          else notice(context, `${day}: ${bytesText(done.bytes)} written`);
        },
      };
      const days = await (dryRun ? planReprocess(options) : reprocess(options));
      for (const { day, made } of days) {
        for (const note of made?.notes ?? []) notice(context, `note: ${day}: ${note}`);
      }
      return { env, feed, version, dry_run: dryRun, days: days.map(viewOf) };
    } finally {
      await storage.close();
    }
  },
});

function viewOf({ made, rawBytes, ...day }: ReprocessedDay): z.output<typeof DAY> {
  const view = { ...day, raw_bytes: rawBytes };
  if (made === undefined) return view;
  const { input, whole, notes, lines, records, symbols, bytes, finishedAt } = made;
  return {
    ...view,
    made: {
      ...{ input, whole, notes: [...notes], lines, records, symbols, bytes },
      finished_at: finishedAt,
    },
  };
}

function threadsOf({ parallel }: Flags, storage: StorageConfig) {
  if (parallel >= 1 && parallel <= THREADS_MAX) {
    return parallel === 1 ? {} : { threads: { count: parallel, storage } };
  }
  throw new UsageError("WRONG_USAGE", `--parallel ${parallel} is no number of threads`, {
    hint: `A number from 1 to ${THREADS_MAX}`,
  });
}

/** Each schema has one codec, so `--schema` can only assert the version. Throws UsageError. */
function assertSchema(schema: string | undefined): void {
  const written = EVENT_TYPES.map((type) => `${type} ${SCHEMAS[type].version}`);
  if (schema === undefined || written.every((each) => each.endsWith(` ${schema}`))) return;
  throw new UsageError(
    "SCHEMA_UNKNOWN",
    `This software does not write schema version "${schema}"`,
    {
      hint: `It writes ${written.join(", ")}. The codec of another registered version is made by ` +
        "deno task codegen, and its fields are filled by normalizers",
    },
  );
}

function versionOf({ as, normalizer, schema }: Flags): string {
  const version = as ?? normalizer ?? schema;
  if (version !== undefined) return version;
  throw new UsageError("VERSION_NEEDED", "The version that is to be made has no name", {
    hint: "Name it with --as v2",
  });
}

function rowOf({ day, action, connections, lines, raw_bytes, made }: z.output<typeof DAY>): Row {
  return {
    day,
    action: made !== undefined && action === "make" ? "made" : action,
    connections,
    "raw lines": lines,
    raw: bytesText(raw_bytes),
    records: made && Object.values(made.records).reduce((sum, count) => sum + count, 0),
    size: made && bytesText(made.bytes),
    "all of raw": made === undefined ? undefined : made.whole ? "yes" : "no",
  };
}
