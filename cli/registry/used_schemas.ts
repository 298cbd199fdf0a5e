import { z } from "zod";
import { openArchived } from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";
import type { Registry } from "./registry.ts";

/** Data of one day written with one schema text. */
export const SCHEMA_USE = z.object({
  day: z.string(),
  env: z.string(),
  feed: z.string(),
  schema: z.string(),
  version: z.string().nullable().describe("Registered version of this hash; null = none"),
  sha256: z.string(),
  files: z.int(),
  records: z.int(),
});
/** See {@linkcode SCHEMA_USE}. */
type SchemaUse = z.output<typeof SCHEMA_USE>;

/** Filter by day and environment; absent = all. */
interface UseFilter {
  day?: string | undefined;
  env?: string | undefined;
}

const KEY =
  /^normalized\/([\w-]+)\/([\w-]+)\/[\w.-]+\/[a-z]+\/(\d{4})\/(\d\d)\/(\d\d)\/.*\.(?:capnp\.zst|parquet)$/;

/** Reads the lineage of all normalized files; sorted by day, environment, feed and schema. */
export async function usedSchemas(
  storage: Storage,
  registry: Registry,
  filter: UseFilter = {},
): Promise<SchemaUse[]> {
  const versions = new Map(
    registry.names("schema").flatMap((name) =>
      registry.schema(name).versions.map(({ version, sha256 }) =>
        [`${name} ${sha256}`, version] as const
      )
    ),
  );
  const uses = new Map<string, SchemaUse>();
  for await (const { key, size } of storage.list("normalized/")) {
    const [, env = "", feed = "", ...date] = KEY.exec(key) ?? [];
    const day = date.join("-");
    if (env === "" || (filter.day ?? day) !== day || (filter.env ?? env) !== env) continue;
    const { schema, count } = (await openArchived(storage, { key, bytes: size })).lineage;
    const { type, sha256 } = schema;
    const id = `${day} ${env} ${feed} ${type} ${sha256}`;
    const version = versions.get(`${type} ${sha256}`) ?? null;
    const none = { day, env, feed, schema: type, version, sha256, files: 0, records: 0 };
    const use = uses.get(id) ?? none;
    uses.set(id, { ...use, files: use.files + 1, records: use.records + count });
  }
  return [...uses].sort(([a], [b]) => a < b ? -1 : 1).map(([, use]) => use);
}
