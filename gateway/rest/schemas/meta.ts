import { z } from "zod";
import { HINTS, NUMBER_OR_NULL, TIME_OR_NULL } from "./common.ts";
import { named } from "../../http/named.ts";

/** Day whose registry is requested. */
export const AS_OF = z.iso.date().optional()
  .describe("Read the registry as of the end of that day (UTC), by git and by the dates inside.")
  .meta({ examples: ["2026-11-24"] });

const REVISION = {
  as_of: z.string().describe("Day for which dated versions are chosen, YYYY-MM-DD."),
  origin: z.strictObject({
    commit: z.string().nullable().describe("Commit that was read; null = today's files."),
    time: z.string().nullable(),
    note: z.string().nullable().describe("Note when the file is not the expected one."),
  }),
};

/** Configured feeds. */
export const META_FEEDS = named(
  "FeedRegistry",
  "Feeds as the registry tells of them on a day.",
  z.strictObject({
    ...REVISION,
    feeds: z.array(z.strictObject({
      feed: z.string(),
      name: z.string(),
      type: z.enum(["spot", "prediction"]),
      status: z.enum(["active", "disabled"]),
      calendar: z.string().nullable(),
      version: z.strictObject({
        from: z.string().describe("First day in force."),
        types: z.array(z.string()).describe("Record types it carries."),
        book_depths: z.array(z.int()).nullable(),
        book_checksum: z.boolean(),
        parser: z.string(),
        needs_key: z.boolean().describe("Whether the venue requires credentials."),
      }).nullable().describe("Version in force that day; null = before the first."),
      versions: z.int(),
    })),
  }),
);

/** Registered schemas. */
export const META_SCHEMAS = named(
  "SchemaRegistry",
  "Record schemas (Cap'n Proto) as registered on a day.",
  z.strictObject({
    ...REVISION,
    schemas: z.array(z.strictObject({
      schema: z.string(),
      struct: z.string(),
      in_force: z.string().nullable().describe("Version with which records are written."),
      versions: z.array(z.strictObject({
        version: z.string(),
        from: z.string(),
        status: z.enum(["draft", "active", "deprecated"]),
        sha256: z.string(),
        text: z.string().nullable().describe("Present with `text=true`."),
      })),
    })),
  }),
);

/** Configured environments. */
export const META_ENVIRONMENTS = named(
  "EnvironmentRegistry",
  "Environments on a day, without addresses, keys and paths.",
  z.strictObject({
    ...REVISION,
    environments: z.array(z.strictObject({
      environment: z.string(),
      is_this: z.boolean().describe("Whether this gateway belongs to it."),
      feeds: z.array(z.string()),
      symbols: z.int(),
      shards: z.array(z.strictObject({ shard: z.string(), symbols: z.array(z.string()) }))
        .describe(
          "Feeds and symbols of each shard, as far as the caller may see them; empty = no shards.",
        ),
      schema: z.string(),
      transport: z.string(),
      storage: z.string(),
      simulated: z.boolean(),
    })),
  }),
);

/** Inventory of the archive. */
export const META_INVENTORY = named(
  "Inventory",
  "Days of the archive, oldest first. Figures are of the types that the caller may see; a feed of which it may see only some markets is left out.",
  z.strictObject({
    from: z.string(),
    to: z.string(),
    days: z.array(z.strictObject({
      feed: z.string(),
      day: z.string(),
      version: z.string(),
      status: z.enum(["open", "complete", "partial", "failed"]),
      sealed: z.boolean().describe("Whether its files are one sealed Parquet file per type."),
      quality: z.number().describe("Share of the captured time outside gaps: 0 … 1."),
      symbols: z.int(),
      records: z.int(),
      bytes: z.int(),
      from: TIME_OR_NULL,
      to: TIME_OR_NULL,
      types: z.array(z.strictObject({
        type: z.string(),
        files: z.int(),
        records: z.int(),
        bytes: z.int(),
      })),
      gaps: z.int(),
    })),
    total: z.strictObject({ records: z.int(), bytes: z.int(), quality: NUMBER_OR_NULL }),
    dead_letters: z.record(z.string(), z.int())
      .describe(
        "Number of frames and records that each component could not process; empty for a caller " +
          "that may not see every feed.",
      ),
    _hints: HINTS,
  }),
);
