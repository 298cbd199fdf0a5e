import { type Finding, formatFinding } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { type OutputFormat, render } from "../render.ts";

/** What a check brought. */
export interface CheckedFiles {
  findings: readonly Finding[];
  /** Told, but no reason to fail. */
  warnings: readonly Finding[];
  /** How many files were checked. */
  files: number;
}

/** Prints all findings, one a line, and a verdict; sets exit code 1 where there are any. */
export function showFindings(
  { process: { stdout } }: SsmdContext,
  { findings, warnings, files }: CheckedFiles,
  output: OutputFormat,
): void {
  const ok = findings.length === 0;
  if (!ok) Deno.exitCode = 1;
  if (output !== "table") {
    return stdout.write(render({ value: { ok, files, findings, warnings }, rows: [] }, output));
  }
  for (const warning of warnings) stdout.write(`warning: ${formatFinding(warning)}\n`);
  for (const finding of findings) stdout.write(`${formatFinding(finding)}\n`);
  const checked = `${files} file${files === 1 ? "" : "s"}`;
  stdout.write(
    ok
      ? `${checked} checked, nothing is wrong\n`
      : `${findings.length} mistake${findings.length === 1 ? "" : "s"} in ${checked}\n`,
  );
}
