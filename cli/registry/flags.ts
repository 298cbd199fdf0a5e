import { DAY_WORDS, dayNamed } from "@ssmd/runtime/day";
import { OUTPUT_FLAG } from "../flags.ts";
import type { OutputFormat } from "../render.ts";

/** Flags of every command of the registry. */
export interface RegistryFlags {
  /** How the result is printed. */
  output: OutputFormat;
}

/** Flags of a command that changes files. */
export interface EditFlags extends RegistryFlags {
  /** Show the change and write nothing. */
  dryRun: boolean;
}

/** Flags of a command that looks at a date. */
export interface AsOfFlags extends RegistryFlags {
  /** `YYYY-MM-DD` */
  asOf?: string;
}

interface TextFlag {
  kind: "parsed";
  parse: (text: string) => string;
  brief: string;
  optional: true;
  placeholder: string;
}

/** A flag whose value is text and that may be left out. */
export function textFlag(brief: string, placeholder: string): TextFlag {
  return { kind: "parsed", parse: String, brief, optional: true, placeholder };
}

/** A flag that must be given. */
export function neededFlag(brief: string, placeholder: string) {
  return { kind: "parsed", parse: String, brief, placeholder } as const;
}

/** A flag whose value is a list with commas. */
export function listFlag(brief: string, placeholder: string) {
  return { kind: "parsed", parse: parseList, brief, optional: true, placeholder } as const;
}

/** A flag whose value is a whole number. */
export function numberFlag(brief: string, placeholder: string) {
  return { kind: "parsed", parse: parseWhole, brief, optional: true, placeholder } as const;
}

/** A flag that is there or not. */
export function switchFlag(brief: string) {
  return { kind: "boolean", brief, default: false, withNegated: false } as const;
}

/** A flag whose value is a day. */
export function dayFlag(brief: string) {
  return { kind: "parsed", parse: parseDay, brief, optional: true, placeholder: "date" } as const;
}

/** A word at a place. */
export function word(brief: string, placeholder: string) {
  return { brief, placeholder, parse: String } as const;
}

/** See {@linkcode RegistryFlags}. */
export const REGISTRY_FLAGS = { output: OUTPUT_FLAG } as const;

/** See {@linkcode EditFlags}. */
export const EDIT_FLAGS = {
  ...REGISTRY_FLAGS,
  dryRun: switchFlag("Show the change as a diff and write nothing"),
} as const;

/** See {@linkcode AsOfFlags}. */
export const AS_OF_FLAGS = {
  ...REGISTRY_FLAGS,
  asOf: dayFlag("As it stood on a day: YYYY-MM-DD, today, yesterday, 7d"),
} as const;

/** The texts of a command's help. */
export function docs(brief: string, more: string, examples: readonly string[]) {
  const lines = examples.map((example) => `  ${example}`).join("\n");
  const body = more === "" ? brief : `${brief}.\n\n${more}`;
  const text = body.endsWith(".") ? body : `${body}.`;
  return { brief, fullDescription: `${text}\n\nEXAMPLES\n${lines}` };
}

/** The words of `a,b,c`. Throws RangeError when one is empty. */
export function parseList(text: string): string[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.some((part) => part === "")) {
    throw new RangeError("a list is words with commas between: a,b");
  }
  return parts;
}

/** A whole number from 0. Throws RangeError. */
export function parseWhole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new RangeError("a whole number is wanted");
  return Number(text);
}

/** A day, by date or as `today`, `yesterday`, `7d`. Throws RangeError. */
export function parseDay(text: string): string {
  const day = dayNamed(text);
  if (day === undefined) throw new RangeError(`a day is ${DAY_WORDS}`);
  return day;
}
