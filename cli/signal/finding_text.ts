import type { Finding } from "@ssmd/signals";

/** Text of a finding, with file, line and column. */
export function findingText({ file, line, column, message, hint }: Finding): string {
  return `${file}:${line}:${column}: ${message}${hint === "" ? "" : `\n  ${hint}`}`;
}
