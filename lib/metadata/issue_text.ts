import { suggestion } from "@ssmd/runtime/suggest";
import type { z } from "zod";

/** Path and message of a future finding. */
interface IssueText {
  path: PropertyKey[];
  message: string;
  /** Whether the key is wrong, not its value. */
  atKey: boolean;
}

type Issue = z.core.$ZodIssue;

const KINDS: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map of fields",
  record: "a map of names",
  array: "a list",
};

/** Describes a shape issue; one issue may cover several unknown fields. */
export function issueTexts(issue: Issue, root: unknown): IssueText[] {
  const path = [...issue.path];
  if (issue.code === "unrecognized_keys") {
    const lines = issue.message.split("\n");
    return issue.keys.map((key, index) => ({
      path: [...path, key],
      message: lines[index] ?? "unknown field",
      atKey: true,
    }));
  }
  if (issue.code === "invalid_key") {
    return [{
      path,
      message: `this name ${issue.issues[0]?.message ?? "is not valid"}`,
      atKey: true,
    }];
  }
  const inside = insideUnion(issue, valueAt(root, path));
  if (inside !== undefined) {
    return inside.flatMap((each) => issueTexts({ ...each, path: [...path, ...each.path] }, root));
  }
  const message = valueText(issue, valueAt(root, path), mayBeSecret(path));
  return [{ path, message, atKey: false }];
}

/** Returns the issues inside a list value when a list is one of several allowed kinds. */
function insideUnion(issue: Issue, value: unknown): Issue[] | undefined {
  if (issue.code !== "invalid_union" || !Array.isArray(value)) return undefined;
  return issue.errors.find((issues) =>
    issues.length > 0 && issues.every(({ path }) => path.length > 0)
  );
}

/** Returns whether a value may be a misplaced secret, which messages must not repeat. */
function mayBeSecret(path: readonly PropertyKey[]): boolean {
  return path.includes("credentials") || (path[0] === "keys" && path.includes("fields"));
}

function valueText(issue: Issue, value: unknown, secret: boolean): string {
  if (value === undefined) return `is missing; ${wanted(issue)}`;
  if (value === null) return `is empty; ${wanted(issue)}`;
  if (secret) return wanted(issue);
  switch (issue.code) {
    case "invalid_format":
    case "custom":
      return `${issue.message}, is ${shown(value)}`;
    case "invalid_value":
      return typeof value === "string"
        ? `${shown(value)} is not allowed. ${choice(value, issue.values.map(String))}`
        : `${wanted(issue)}, is ${shown(value)}`;
    case "invalid_union":
      return unionText(issue, value);
    default:
      return `${wanted(issue)}, is ${shown(value)}`;
  }
}

/** Returns whether a message is the library's default. */
function isDefault(issue: Issue): boolean {
  return issue.message.startsWith("Invalid ");
}

function unionText(issue: Issue & { code: "invalid_union" }, value: unknown): string {
  if (!isDefault(issue)) return issue.message;
  const options = discriminators(issue);
  return typeof value === "string"
    ? `${shown(value)} is not allowed. ${choice(value, options)}`
    : `must be one of ${options.join(", ")}, is ${shown(value)}`;
}

function discriminators(issue: Issue): string[] {
  const options = (issue as { options?: unknown }).options;
  return Array.isArray(options) ? options.map(String) : [];
}

function wanted(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      if (!isDefault(issue)) return issue.message;
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}`;
    case "invalid_union":
      return `must be one of ${discriminators(issue).join(", ")}`;
    case "too_small":
      return issue.origin === "array"
        ? `must hold at least ${issue.minimum}`
        : `must be ${issue.inclusive ? "at least" : "above"} ${issue.minimum}`;
    case "too_big":
      return `must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

function choice(value: string, allowed: readonly string[]): string {
  const hint = suggestion(value, allowed);
  return hint.startsWith("Allowed") ? hint : `${hint} Allowed: ${allowed.join(", ")}`;
}

/** Formats a value for a message: short, and never a whole map. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object" && value !== null) return "a map";
  const text = (JSON.stringify(value) ?? String(value)).replace(/\/\/[^/]*@/, "//…@");
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const part of path) value = (value as Record<PropertyKey, unknown> | null)?.[part];
  return value;
}
