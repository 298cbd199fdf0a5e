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

/** Files to be written: path in the registry → text; `undefined` = removed. */
type FileChanges = ReadonlyMap<string, string | undefined>;

/** A value that differs. */
export const VALUE_CHANGE = z.object({
  path: z.string().describe("versions[0].endpoint"),
  kind: z.enum(["added", "removed", "changed"]),
  before: z.unknown().exactOptional().describe("Absent when added"),
  after: z.unknown().exactOptional().describe("Absent when removed"),
});

/** A changed file. */
export const FILE_CHANGE = z.object({
  file: z.string(),
  kind: z.enum(["added", "removed", "changed"]),
  changes: z.array(VALUE_CHANGE).describe("Values that differ; none for texts of schemas"),
  diff: z.string().describe("As diff -u prints it"),
});
/** See {@linkcode FILE_CHANGE}. */
export type FileChange = z.output<typeof FILE_CHANGE>;

/** What the changes do to the files of a registry, file by file; files that stay equal are left out. */
function fileChanges(registry: Registry, changes: FileChanges): FileChange[] {
  return [...changes].flatMap(([path, after]): FileChange[] => {
    const before = registry.texts.get(path);
    if (before === after) return [];
    return [fileChange(`${registry.dir}/${path}`, before, after)];
  });
}

/** What happened to one file. */
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

/** The lines of a change in words. */
export function changeLines({ file, kind, changes }: FileChange): string[] {
  return [`${kind} ${file}`, ...changes.map((change) => `  ${changeText(change)}`)];
}

/** What a command that changes files did, or would do. */
export const EDIT_RESULT = z.object({ dry_run: z.boolean(), files: z.array(FILE_CHANGE) });
/** See {@linkcode EDIT_RESULT}. */
export type EditResult = z.output<typeof EDIT_RESULT>;

/** Flags of a command that changes files. */
export const EDIT_FLAGS = { dryRun: on("Show the change as a diff and write nothing") };

/** How {@linkcode applyChanges} writes. */
export interface ApplyOptions {
  /** Nothing is written. */
  dryRun: boolean;
  /** Whether nobody is told that nothing is written: it goes elsewhere. */
  isQuiet?: boolean;
  /** A question that is asked before writing; absent = none. */
  question?: string;
}

/**
 * Checks the registry as it would be, then writes the files, each one whole or not at all. Refuses
 * with all findings of the changed files, and with those that the change would bring elsewhere:
 * ConfigError `CONFIG_INVALID`, nothing is written.
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

/** An edit for a person: the diff of a dry run, else what changed in words. */
export function editTable({ dry_run, files }: EditResult): { text: string } {
  if (files.length === 0) return { text: "nothing changes\n" };
  return { text: files.map((each) => dry_run ? each.diff : linesOf(each)).join("") };
}

/** What all commands have in common that change files and do nothing else. */
export const EDIT = {
  changes: "config-changes",
  output: EDIT_RESULT,
  table: editTable,
} as const;

function linesOf(change: FileChange): string {
  return changeLines(change).map((line) => `${line}\n`).join("");
}

function assertValid(registry: Registry, changes: FileChanges): void {
  const after = registry.with(changes).check().findings;
  const known = new Set(registry.check().findings.map(keyOf));
  const own = new Set([...changes.keys()].map((path) => `${registry.dir}/${path}`));
  const findings = after.filter((finding) => own.has(finding.file) || !known.has(keyOf(finding)));
  if (findings.length > 0) throw findingsError(findings);
}

/** A finding without its line: lines move when a file is edited. */
function keyOf(finding: Parameters<typeof formatFinding>[0]): string {
  return `${finding.file} ${finding.path} ${finding.message}`;
}

/** Writes new texts beside the old ones first, and puts them in place when all of them lie there. */
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
