import { formatPath } from "./finding.ts";

/** A difference between two versions of a file. */
interface ValueChange {
  /** Path, `symbols.BTCUSD.depth`; "" = the whole file. */
  path: string;
  /** Kind of change. */
  kind: "added" | "removed" | "changed";
  /** Old value; absent when added. */
  before?: unknown;
  /** New value; absent when removed. */
  after?: unknown;
}

/**
 * Returns the differences between two plain values, by path. Lists of named maps (`id`, `from`,
 * `version`) are compared by name, lists of scalars as a whole, others by index.
 */
export function valueChanges(before: unknown, after: unknown): ValueChange[] {
  const changes: ValueChange[] = [];
  collect([], before, { after, changes });
  return changes;
}

/** Formats a change: `symbols.BTCUSD.depth: 10 → 25`; hides possible secrets. */
export function changeText({ path, kind, before, after }: ValueChange): string {
  const secret = /(^|\.)credentials(\.|$)/.test(path);
  const text = (value: unknown) => secret && !isReference(value) ? "…" : shown(value);
  const where = path === "" ? "file" : path;
  if (kind === "added") return `${where}: added ${text(after)}`;
  if (kind === "removed") return `${where}: removed, was ${text(before)}`;
  return `${where}: ${text(before)} → ${text(after)}`;
}

function isReference(value: unknown): boolean {
  return typeof value === "string" && value.startsWith("$key:");
}

type Path = readonly PropertyKey[];

function collect(
  path: Path,
  before: unknown,
  { after, changes }: { after: unknown; changes: ValueChange[] },
): void {
  if (Object.is(before, after)) return;
  const where = formatPath(path);
  if (before === undefined) changes.push({ path: where, kind: "added", after });
  else if (after === undefined) changes.push({ path: where, kind: "removed", before });
  else if (isMap(before) && isMap(after)) collectFields(path, before, { after, changes });
  else if (Array.isArray(before) && Array.isArray(after)) {
    collectItems(path, before, { after, changes });
  } else changes.push({ path: where, kind: "changed", before, after });
}

function collectFields(
  path: Path,
  before: Record<string, unknown>,
  { after, changes }: { after: Record<string, unknown>; changes: ValueChange[] },
): void {
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    collect([...path, key], before[key], { after: after[key], changes });
  }
}

function collectItems(
  path: Path,
  before: unknown[],
  { after, changes }: { after: unknown[]; changes: ValueChange[] },
) {
  const name = ["id", "version", "from"].find((field) =>
    [...before, ...after].every((item) => isMap(item) && typeof item[field] === "string")
  );
  if (name !== undefined && before.length + after.length > 0) {
    const named = (items: unknown[]) =>
      Object.fromEntries(items.map((item) => [(item as Record<string, string>)[name], item]));
    return collectFields(path, named(before), { after: named(after), changes });
  }
  if (before.some(isMap) || after.some(isMap)) {
    for (let i = 0; i < Math.max(before.length, after.length); i++) {
      collect([...path, i], before[i], { after: after[i], changes });
    }
    return;
  }
  const same = before.length === after.length && before.every((item, i) => item === after[i]);
  if (!same) changes.push({ path: formatPath(path), kind: "changed", before, after });
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Longest value shown in full. */
const SHOWN_MAX = 100;

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX - 1)}…` : text;
}
