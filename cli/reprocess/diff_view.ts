import { z } from "zod";
import type { VersionDiff } from "@ssmd/dataset/diff";
import { EVENT_TYPES } from "@ssmd/market";
import type { Row } from "../render.ts";

const RECORD_TYPE = z.enum(EVENT_TYPES);

const TYPE = z.object({
  type: RECORD_TYPE,
  old: z.int(),
  new: z.int(),
  same: z.int().describe("Except for the number in the connection"),
  changed: z.int(),
  only_old: z.int(),
  only_new: z.int(),
  renumbered: z.int().describe("Of these, records with another number in the connection"),
});

const SUMMARY = z.object({
  count: z.int(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  mean: z.number().nullable(),
  p1: z.number().nullable().describe("Quantiles are accurate to 0.5 %"),
  p50: z.number().nullable(),
  p99: z.number().nullable(),
});

/** Differing record as printed. */
export const DIFFERENCE = z.object({
  symbol: z.string(),
  type: RECORD_TYPE,
  kind: z.enum(["changed", "only old", "only new"]),
  time: z.string().describe("Receive time, ISO 8601"),
  received_at_ns: z.string().describe("Receive time, ns since 1970"),
  fields: z.array(z.object({
    field: z.string(),
    old: z.unknown().optional(),
    new: z.unknown().optional(),
  })),
});

/** Difference of two versions as printed. */
export const DIFFERENCES = z.object({
  same: z.boolean(),
  types: z.array(TYPE),
  schemas: z.array(z.object({ type: RECORD_TYPE, old: z.string(), new: z.string() })),
  values: z.array(z.object({
    field: z.string(),
    old: SUMMARY.nullable(),
    new: SUMMARY.nullable(),
  })),
  symbols: z.array(z.object({
    symbol: z.string(),
    differences: z.int(),
    first: z.array(DIFFERENCE),
  })),
  symbols_left_out: z.int(),
});

/** Builds a {@linkcode DIFFERENCES}. */
export function diffView(
  { types, symbols, symbolsLeftOut, ...found }: VersionDiff,
): z.output<typeof DIFFERENCES> {
  return {
    ...found,
    types: types.map(({ onlyOld, onlyNew, ...counts }) => ({
      ...counts,
      only_old: onlyOld,
      only_new: onlyNew,
    })),
    symbols: symbols.map(({ first, ...symbol }) => ({
      ...symbol,
      first: first.map(({ receivedAt, ...each }) => ({ ...each, received_at_ns: receivedAt })),
    })),
    symbols_left_out: symbolsLeftOut,
  };
}

/** Earliest differing record; null = none. */
export function firstDifference(
  { symbols }: z.output<typeof DIFFERENCES>,
): z.output<typeof DIFFERENCE> | null {
  const all = symbols.flatMap(({ first }) => first);
  return all.reduce<z.output<typeof DIFFERENCE> | null>(
    (first, each) => first === null || each.time < first.time ? each : first,
    null,
  );
}

/** A type without records on one side counts as a difference of counts, not of schemas. */
export function isOneSchema({ schemas }: Pick<VersionDiff, "schemas">): boolean {
  return schemas.every((each) => each.old === each.new || each.old === "" || each.new === "");
}

/** One table row per type. */
export function diffRows(
  { types, schemas }: Pick<z.output<typeof DIFFERENCES>, "types" | "schemas">,
): Row[] {
  return types.map(({ type, ...counts }) => {
    const schema = schemas.find((each) => each.type === type);
    const isOne = schema?.old === schema?.new;
    return {
      type,
      old: counts.old,
      new: counts.new,
      same: counts.same,
      changed: counts.changed,
      "only old": counts.only_old,
      "only new": counts.only_new,
      renumbered: counts.renumbered,
      schema: isOne ? schema?.old : `${schema?.old || "none"} → ${schema?.new || "none"}`,
    };
  });
}
