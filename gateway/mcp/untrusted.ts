import { cleanText } from "@ssmd/runtime";
import { MCP_LIMITS } from "./limits.ts";

/** Fields whose text comes from an exchange or from another client. */
const FOREIGN = new Set([
  "detail",
  "why",
  "title",
  "subtitle",
  "rules",
  "rules_primary",
  "rules_secondary",
  "yes_title",
  "no_title",
  "text",
  "comment",
]);
/** Gap reasons of the gateway itself, which notes explain. */
const OWN_REASONS: ReadonlySet<unknown> = new Set([
  "not_archived_yet",
  "not_kept",
  "archive_damaged",
  "no_records",
]);
/** Fields with names; a value that does not look like an identifier is treated as text. */
const NAMES = new Set(["symbol", "external", "venue_symbol", "result"]);
const IDENTIFIER = /^[\w.:/+%@-]{1,128}$/;

/** A value without untrusted texts, and these texts by path. */
interface Separated {
  value: unknown;
  /** `markets.0.title` → text, cleaned and cut. */
  untrusted: Record<string, string>;
}

/**
 * Moves untrusted texts out of a value, so that a language model never reads them next to what the
 * gateway says. Removes control and invisible characters, cuts long texts.
 */
export function separateUntrusted(value: unknown): Separated {
  const untrusted: Record<string, string> = {};
  const cleaned = walk(value, undefined, untrusted);
  return { value: cleaned, untrusted };
}

/** A path step: the name of a value in its parent. */
interface Step {
  name: string | number;
  parent: Step | undefined;
}

function walk(value: unknown, at: Step | undefined, found: Record<string, string>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    return value.map((each, i) => walk(each, { name: i, parent: at }, found));
  }
  const kept: Record<string, unknown> = {};
  const isOwn = OWN_REASONS.has((value as { reason?: unknown }).reason);
  for (const name of Object.keys(value)) {
    const each = (value as Readonly<Record<string, unknown>>)[name];
    if (isOwn && name === "detail") continue;
    if (typeof each === "string" && isForeign(name, each)) {
      if (each !== "") keep(found, pathOf({ name, parent: at }), each);
    } else if (typeof each !== "object" || each === null) kept[name] = each;
    else kept[name] = walk(each, { name, parent: at }, found);
  }
  return kept;
}

/** Built only for texts that are moved out. */
function pathOf({ name, parent }: Step): string {
  return parent === undefined ? String(name) : `${pathOf(parent)}.${name}`;
}

function isForeign(name: string, text: string): boolean {
  return FOREIGN.has(name) || NAMES.has(name) && !IDENTIFIER.test(text);
}

function keep(found: Record<string, string>, path: string, text: string): void {
  if (Object.keys(found).length >= MCP_LIMITS.untrustedTextsMax) return;
  found[path] = cleanText(text, MCP_LIMITS.untrustedCharactersMax);
}
