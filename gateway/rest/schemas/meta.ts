import { z } from "zod";
import { HINTS, NUMBER_OR_NULL, TIME_OR_NULL } from "./common.ts";
import { named } from "../../http/named.ts";

/** Day whose registry is requested. */
export const AS_OF = z.iso.date().optional()
  .describe("The registry as it stood at the end of that day (UTC), by git and by dates inside.")
  .meta({ examples: ["2026-11-24"] });

const REVISION = {
  as_of: z.string().describe("The day that counts, YYYY-MM-DD."),
  origin: z.strictObject({
    commit: z.string().nullable().describe("The commit that was read; null = today's files."),
    time: z.string().nullable(),
    note: z.string().nullable().describe("Where it is not what one would think."),
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
        from: z.string().describe("First day on which it holds."),
        types: z.array(z.string()).describe("Record types that it gives."),
        book_depths: z.array(z.int()).nullable(),
        book_checksum: z.boolean(),
        parser: z.string(),
        needs_key: z.boolean().describe("Whether the venue asks for credentials."),
      }).nullable().describe("The version in force that day; null = none had begun."),
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
      in_force: z.string().nullable().describe("The version with which records are written."),
      versions: z.array(z.strictObject({
        version: z.string(),
        from: z.string(),
        status: z.enum(["draft", "active", "deprecated"]),
        sha256: z.string(),
        text: z.string().nullable().describe("Given with `text=true`."),
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
      is_this: z.boolean().describe("Whether this gateway is of it."),
      feeds: z.array(z.string()),
      symbols: z.int(),
      shards: z.array(z.strictObject({ shard: z.string(), symbols: z.array(z.string()) }))
        .describe("What each shard captures, as far as the caller may see it; empty = no shards."),
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
  "Days of the archive, oldest first. Figures are for callers that may see all of a feed.",
  z.strictObject({
    from: z.string(),
    to: z.string(),
    days: z.array(z.strictObject({
      feed: z.string(),
      day: z.string(),
      version: z.string(),
      status: z.enum(["open", "complete", "partial", "failed"]),
      sealed: z.boolean().describe("Whether its files are one sealed Parquet file a type."),
      quality: z.number().describe("Share of the captured time that lies in no gap: 0 … 1."),
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
      .describe("Frames and records that a component could not make use of: how many of each."),
    _hints: HINTS,
  }),
);
