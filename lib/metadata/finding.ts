import { ConfigError } from "@ssmd/runtime/errors";

/** A problem at a position in a file. */
export interface Finding {
  /** File path as given. */
  file: string;
  /** Line, from 1. */
  line: number;
  /** Column, from 1. */
  column: number;
  /** Path in the document, `symbols.BTCUSD.depth`; "" = the document itself. */
  path: string;
  /** The problem, and what is allowed. */
  message: string;
}

/** Formats a finding: `file:line:col  path: what is wrong`. */
export function formatFinding(finding: Finding): string {
  const location = `${finding.file}:${finding.line}:${finding.column}`;
  return finding.path === ""
    ? `${location}  ${finding.message}`
    : `${location}  ${finding.path}: ${finding.message}`;
}

/** Compares findings by file and position. */
export function compareFindings(a: Finding, b: Finding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

/** Returns one `CONFIG_INVALID` error for all findings, which are also in `context.findings`. */
export function findingsError(findings: readonly Finding[]): ConfigError {
  const count = findings.length === 1 ? "1 mistake" : `${findings.length} mistakes`;
  const lines = findings.map((finding) => `\n  ${formatFinding(finding)}`);
  return new ConfigError("CONFIG_INVALID", `The configuration has ${count}:${lines.join("")}`, {
    hint: "Correct the places named above and start again",
    context: { findings },
  });
}

/** Formats a path: `versions[0].endpoint`, `symbols["KX-T1.5"].feed`. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[\w$-]+$/.test(String(part))) text += `${text === "" ? "" : "."}${String(part)}`;
    else text += `[${JSON.stringify(String(part))}]`;
  }
  return text;
}
