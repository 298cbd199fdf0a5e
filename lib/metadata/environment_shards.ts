import { z } from "zod";
import { fields, nameText, size, text } from "./shape.ts";

/** Value of a symbol's attribute, used by shard selectors. */
export const ATTRIBUTE = z.union([z.string(), z.number(), z.boolean()], {
  error: "an attribute is one value: a text, a number, true or false",
});

const attributeName = text(
  /^[a-z][a-z0-9_]{0,62}$/,
  "the name of an attribute: lower-case letters, digits and _",
);

const RESOURCES = fields({
  cpu: z.number().gt(0).max(256).exactOptional().describe("CPU limit in cores, like 0.5"),
  memory: size.exactOptional().describe("Memory limit, like 512MiB"),
});

const SHARD = fields({
  selector: z.record(attributeName, ATTRIBUTE)
    .describe("Attribute → value: selects the symbols with all of these; {} = every symbol"),
  replicas: z.int().min(1).max(3).exactOptional()
    .describe("Connectors per feed, one of which publishes while the others stand by; absent = 1"),
  resources: RESOURCES.exactOptional().describe("Limits of each of its processes"),
});

/** Shards by name. `main` is reserved for what belongs to no shard. */
export const SHARDS = z.record(
  nameText.refine((name) => name !== "main", { error: 'must not be "main"' }),
  SHARD,
).refine((shards) => Object.keys(shards).length > 0, { error: "must name a shard" });

/** A shard: a subset of the markets. */
export type ShardSpec = z.output<typeof SHARD>;
