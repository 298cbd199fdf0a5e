import {
  changeText,
  findingsError,
  formatFinding,
  registryFileIdOf,
  safeYaml,
  textDiff,
  valueChanges,
} from "@ssmd/metadata";
import { z } from "zod";
import { on } from "../command/flag.ts";
import { assertConfirmed } from "../confirm.ts";
import { notice, type SsmdContext } from "../context.ts";
import type { Registry } from "./registry.ts";
import { checkRegistry } from "./check_registry.ts";

/** Files to write: path in the registry → text; `undefined` = remove. */
type FileChanges = ReadonlyMap<string, string | undefined>;

/** One changed value in a file. */
export const VALUE_CHANGE = z.object({
  path: z.string().describe("versions[0].endpoint"),
  kind: z.enum(["added", "removed", "changed"]),
  before: z.unknown().exactOptional().describe("Absent when added"),
  after: z.unknown().exactOptional().describe("Absent when removed"),
});

/** One changed file. */
export const FILE_CHANGE = z.object({
  file: z.string(),
  kind: z.enum(["added", "removed", "changed"]),
  changes: z.array(VALUE_CHANGE).describe("Values that differ; none for schema texts"),
  diff: z.string().describe("In the format of diff -u"),
});
/** See {@linkcode FILE_CHANGE}. */
export type FileChange = z.output<typeof FILE_CHANGE>;

/** Effect of the changes on each file of a registry; unchanged files are left out. */
function fileChanges(registry: Registry, changes: FileChanges): FileChange[] {
  return [...changes].flatMap(([path, after]): FileChange[] => {
    const before = registry.texts.get(path);
    if (before === after) return [];
    return [fileChange(`${registry.dir}/${path}`, before, after)];
  });
}

/** Compares the old and new text of a file; undefined = absent. */
export function fileChange(
  file: string,
  before: string | undefined,
  after: string | undefined,
): FileChange {
  const kind = before === undefined ? "added" : after === undefined ? "removed" : "changed";
  const isYaml = registryFileIdOf(file)?.kind !== "schema text" && file.endsWith(".yaml");
  const changes = isYaml && kind === "changed"
    ? valueChanges(safeYaml(before ?? ""), safeYaml(after ?? ""))
    : [];
  return { file, kind, changes, diff: textDiff(file, before, after) };
}

/** Formats a file change as lines of text. */
export function changeLines({ file, kind, changes }: FileChange): string[] {
  return [`${kind} ${file}`, ...changes.map((change) => `  ${changeText(change)}`)];
}

/** Result of a command that edits files, also for a dry run. */
export const EDIT_RESULT = z.object({ dry_run: z.boolean(), files: z.array(FILE_CHANGE) });
/** See {@linkcode EDIT_RESULT}. */
export type EditResult = z.output<typeof EDIT_RESULT>;

/** Flags of commands that edit files. */
export const EDIT_FLAGS = { dryRun: on("Show the change as a diff and write nothing") };

/** Options of {@linkcode applyChanges}. */
export interface ApplyOptions {
  /** Write nothing. */
  dryRun: boolean;
  /** Omit the dry-run notice; the caller writes the change elsewhere. */
  isQuiet?: boolean;
  /** Confirmation question before writing; absent = none. */
  question?: string;
}

/**
 * Validates the changed registry, then writes the files, each one atomically. Throws ConfigError
 * `CONFIG_INVALID` and writes nothing when a changed file has findings or the change causes new
 * ones elsewhere.
 */
export async function applyChanges(
  context: SsmdContext,
  { registry, changes }: { registry: Registry; changes: FileChanges },
  { dryRun, isQuiet, question }: ApplyOptions,
): Promise<EditResult> {
  const files = fileChanges(registry, changes);
  assertValid(registry, changes);
  if (!dryRun && files.length > 0) {
    if (question !== undefined) assertConfirmed(context, question);
    await writeFiles(registry.dir, changes);
  }
  if (dryRun && !isQuiet) notice(context, "dry run: nothing was written");
  return { dry_run: dryRun, files };
}

/** Formats an edit as text: the diff for a dry run, else the list of changes. */
export function editTable({ dry_run, files }: EditResult): { text: string } {
  if (files.length === 0) return { text: "nothing changes\n" };
  return { text: files.map((each) => dry_run ? each.diff : linesOf(each)).join("") };
}

/** Common definition fields of commands that only edit files. */
export const EDIT = {
  changes: "config-changes",
  output: EDIT_RESULT,
  table: editTable,
} as const;

function linesOf(change: FileChange): string {
  return changeLines(change).map((line) => `${line}\n`).join("");
}

function assertValid(registry: Registry, changes: FileChanges): void {
  const after = checkRegistry(registry.with(changes)).findings;
  const known = new Set(checkRegistry(registry).findings.map(keyOf));
  const own = new Set([...changes.keys()].map((path) => `${registry.dir}/${path}`));
  const findings = after.filter((finding) => own.has(finding.file) || !known.has(keyOf(finding)));
  if (findings.length > 0) throw findingsError(findings);
}

/** Key without the line number, which moves when a file is edited. */
function keyOf(finding: Parameters<typeof formatFinding>[0]): string {
  return `${finding.file} ${finding.path} ${finding.message}`;
}

/** Writes all new texts to temporary files first, then renames them into place. */
async function writeFiles(dir: string, changes: FileChanges): Promise<void> {
  const ready: [from: string, to: string][] = [];
  try {
    for (const [path, text] of changes) {
      if (text === undefined) continue;
      const target = `${dir}/${path}`;
      const beside = `${target}.${crypto.randomUUID().slice(0, 8)}.tmp`;
      await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
      ready.push([beside, target]);
      const file = await Deno.open(beside, { write: true, createNew: true });
      try {
        const bytes = new TextEncoder().encode(text);
        for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
        await file.sync();
      } finally {
        file.close();
      }
    }
    for (const [from, to] of ready) await Deno.rename(from, to);
  } catch (error) {
    for (const [from] of ready) await Deno.remove(from).catch(() => {});
    throw error;
  }
  for (const [path, text] of changes) if (text === undefined) await Deno.remove(`${dir}/${path}`);
}
