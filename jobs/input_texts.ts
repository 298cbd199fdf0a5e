import type { JsonRecord } from "@ssmd/journal";
import type { z } from "zod";
import { parseInput, type WorkflowKind } from "./workflow.ts";

type JsonValue = JsonRecord[string];

/**
 * Parses job arguments `name=value` from a command line: numbers and lists where the kind declares
 * them, a list by repeating its name. Throws SsmdError `JOB_INPUT_INVALID`.
 */
export function inputOfTexts(kind: WorkflowKind, texts: readonly string[]): JsonRecord {
  const byName = Map.groupBy(texts.map(split), ([name]) => name);
  const input = Object.fromEntries(
    [...byName].map(([name, pairs]) => {
      const field = kind.input.shape[name] as z.ZodType | undefined;
      return [name, valueOf(field, pairs.map(([, value]) => value))];
    }),
  );
  parseInput(kind, input);
  return input;
}

function split(text: string): [string, string] {
  const [name = "", ...value] = text.split("=");
  return [name, value.join("=")];
}

/** Returns the first value that fits a field, else the text, whose check reports the error. */
function valueOf(field: z.ZodType | undefined, texts: readonly string[]): JsonValue {
  const fits = (value: JsonValue) => field?.safeParse(value).success === true;
  const [text = ""] = texts;
  if (texts.length > 1 || fits([])) return [...texts];
  return [text, ...plainValue(text)].find(fits) ?? text;
}

function plainValue(text: string): JsonValue[] {
  if (text === "true" || text === "false") return [text === "true"];
  return /^-?\d+(\.\d+)?$/.test(text) ? [Number(text)] : [];
}
