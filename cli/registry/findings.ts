import { type Finding, formatFinding } from "@ssmd/metadata";
import { type OutputFormat, render } from "../render.ts";

type Out = { stdout: { write(text: string): void } };

/** Prints all findings, one a line, and a verdict; sets exit code 1 where there are any. */
export function showFindings(
  out: Out,
  findings: readonly Finding[],
  files: number,
  output: OutputFormat,
): void {
  const ok = findings.length === 0;
  if (!ok) Deno.exitCode = 1;
  if (output !== "table") {
    return out.stdout.write(render({ value: { ok, files, findings }, rows: [] }, output));
  }
  for (const finding of findings) out.stdout.write(`${formatFinding(finding)}\n`);
  const checked = `${files} file${files === 1 ? "" : "s"}`;
  out.stdout.write(
    ok
      ? `${checked} checked, nothing is wrong\n`
      : `${findings.length} mistake${findings.length === 1 ? "" : "s"} in ${checked}\n`,
  );
}
