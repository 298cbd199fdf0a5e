import { ConfigError } from "@ssmd/runtime/errors";

/** Something wrong at a place of a file. */
export interface Finding {
  /** The file as it was given. */
  file: string;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
  /** Where in the document, `symbols.BTCUSD.depth`; "" = the document itself. */
  path: string;
  /** What is wrong, and what is allowed. */
  message: string;
}

/** `file:line:col  path: what is wrong` */
export function formatFinding(finding: Finding): string {
  const location = `${finding.file}:${finding.line}:${finding.column}`;
  return finding.path === ""
    ? `${location}  ${finding.message}`
    : `${location}  ${finding.path}: ${finding.message}`;
}

/** Orders findings by file and place. */
export function compareFindings(a: Finding, b: Finding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

/** One error (`CONFIG_INVALID`) that tells all findings; they stand in `context.findings` too. */
export function findingsError(findings: readonly Finding[]): ConfigError {
  const count = findings.length === 1 ? "1 mistake" : `${findings.length} mistakes`;
  const lines = findings.map((finding) => `\n  ${formatFinding(finding)}`);
  return new ConfigError("CONFIG_INVALID", `The configuration has ${count}:${lines.join("")}`, {
    hint: "Correct the places named above and start again",
    context: { findings },
  });
}

/** A path as people write it: `versions[0].endpoint`, `symbols["KX-T1.5"].feed`. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[\w$-]+$/.test(String(part))) text += `${text === "" ? "" : "."}${String(part)}`;
    else text += `[${JSON.stringify(String(part))}]`;
  }
  return text;
}
