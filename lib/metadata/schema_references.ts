import { createHash } from "node:crypto";
import { nearest } from "@ssmd/runtime";
import type { SourceFile, YamlSource } from "./document.ts";
import type { Finding } from "./finding.ts";
import { fieldOf, listOf } from "./untyped.ts";

/** A problem in a schema text, with its position. */
interface SchemaTextProblem {
  /** Line, from 1. */
  line: number;
  /** Column, from 1. */
  column: number;
  /** Message. */
  message: string;
}

/** Checks a schema text; undefined = valid. Injected, as the language belongs to the codec. */
export type SchemaTextCheck = (
  text: string,
  struct: string | undefined,
) => SchemaTextProblem | undefined;

/** Returns the registered hash of a schema text: SHA-256 of its UTF-8 bytes, hex. */
export function schemaHash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Checks a schema file and its texts (`file name → file`). */
export function schemaReferences(
  yaml: YamlSource,
  name: string,
  texts: ReadonlyMap<string, SourceFile>,
): Finding[] {
  const findings: Finding[] = [];
  const report = (path: PropertyKey[], message: string) =>
    findings.push(yaml.finding(path, message));
  const named = fieldOf(yaml.value, "name");
  if (typeof named === "string" && named !== name) {
    report(["name"], `"${named}" must be the file's name, "${name}"`);
  }
  const versions = listOf(fieldOf(yaml.value, "versions"));
  orderFindings(versions, report);
  versions.forEach((version, index) => {
    const file = fieldOf(version, "file");
    if (typeof file !== "string" || !/^[\w.-]+\.capnp$/.test(file)) return;
    const found = texts.get(file);
    const path = ["versions", index];
    if (found === undefined) {
      const near = nearest(file, texts.keys());
      const all = [...texts.keys()].sort().join(", ") || "none";
      const hint = near === undefined ? `There are: ${all}` : `Did you mean "${near}"?`;
      report([...path, "file"], `there is no file ${file} beside this one. ${hint}`);
      return;
    }
    const hash = schemaHash(found.text);
    const given = fieldOf(version, "sha256");
    if (typeof given === "string" && /^[0-9a-f]{64}$/.test(given) && given !== hash) {
      const message = `is not that of ${file}, ${hash}; a registered text never changes: ` +
        "register the new one as a version of its own";
      report([...path, "sha256"], message);
    }
  });
  return findings;
}

type Report = (path: PropertyKey[], message: string) => void;

/** Checks dates, names, hashes and statuses across versions. */
function orderFindings(versions: unknown[], report: Report): void {
  let previous = "";
  const seen = { version: new Set<unknown>(), sha256: new Set<unknown>() };
  let active: unknown;
  versions.forEach((version, index) => {
    const from = fieldOf(version, "from");
    if (typeof from === "string" && /^\d{4}-\d\d-\d\d$/.test(from)) {
      if (from === previous) report(["versions", index, "from"], `a second version from ${from}`);
      if (from < previous) {
        const message = `${from} stands after ${previous}; the oldest version stands first`;
        report(["versions", index, "from"], message);
      }
      previous = from;
    }
    for (const field of ["version", "sha256"] as const) {
      const value = fieldOf(version, field);
      if (typeof value !== "string") continue;
      if (seen[field].has(value)) {
        report(["versions", index, field], `stands here a second time: ${value}`);
      }
      seen[field].add(value);
    }
    if (fieldOf(version, "status") !== "active") return;
    if (active === undefined) active = fieldOf(version, "version");
    else {
      const message = `a second active version beside ${active}; deprecate the older one`;
      report(["versions", index, "status"], message);
    }
  });
}
