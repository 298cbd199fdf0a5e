import {
  changeText,
  findingsError,
  formatFinding,
  quietYaml,
  registryPlaceOf,
  textDiff,
  type ValueChange,
  valueChanges,
} from "@ssmd/metadata";
import { render } from "../render.ts";
import { assertConfirmed } from "../confirm.ts";
import { notice, type SsmdContext } from "../context.ts";
import type { EditFlags } from "./flags.ts";
import type { Registry } from "./registry.ts";

/** Files to be written: path in the registry → text; `undefined` = removed. */
export type FileChanges = ReadonlyMap<string, string | undefined>;

/** A changed file, as commands print it. */
export interface FileChange {
  /** As people see it. */
  file: string;
  /** What happens to it. */
  kind: "added" | "removed" | "changed";
  /** Values that differ; none for texts of schemas. */
  changes: ValueChange[];
  /** As `diff -u` prints it. */
  diff: string;
}

/** What the changes do to the files of a registry, file by file; files that stay equal are left out. */
export function fileChanges(registry: Registry, changes: FileChanges): FileChange[] {
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
  const isYaml = registryPlaceOf(file)?.kind !== "schema text" && file.endsWith(".yaml");
  const changes = isYaml && kind === "changed"
    ? valueChanges(quietYaml(before ?? ""), quietYaml(after ?? ""))
    : [];
  return { file, kind, changes, diff: textDiff(file, before, after) };
}

/** The lines of a change in words. */
export function changeLines({ file, kind, changes }: FileChange): string[] {
  return [`${kind} ${file}`, ...changes.map((change) => `  ${changeText(change)}`)];
}

/** Options of {@linkcode applyChanges}. */
export interface ApplyOptions {
  /** A question that is asked before writing; absent = none. */
  question?: string;
}

/**
 * Checks the registry as it would be, then writes the files, each one whole or not at all, and says
 * what changed. Refuses with all findings of the changed files, and with those that the change would
 * bring elsewhere: ConfigError `CONFIG_INVALID`, nothing is written.
 */
export async function applyChanges(
  registry: Registry,
  changes: FileChanges,
  flags: EditFlags,
  context: SsmdContext,
  options: ApplyOptions = {},
): Promise<void> {
  const files = fileChanges(registry, changes);
  assertSound(registry, changes);
  const dryRun = flags.dryRun;
  if (!dryRun && files.length > 0) {
    if (options.question !== undefined) assertConfirmed(context, options.question);
    await writeFiles(registry.dir, changes);
  }
  if (flags.output !== "table") {
    context.process.stdout.write(render({ value: { dryRun, files }, rows: [] }, flags.output));
    return;
  }
  const lines = dryRun ? files.map(({ diff }) => diff) : files.map((each) => linesOf(each));
  context.process.stdout.write(files.length === 0 ? "nothing changes\n" : lines.join(""));
  if (dryRun) notice(context, "dry run: nothing was written");
}

function linesOf(change: FileChange): string {
  return changeLines(change).map((line) => `${line}\n`).join("");
}

function assertSound(registry: Registry, changes: FileChanges): void {
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
