import { z } from "zod";
import { type Finding, formatFinding } from "@ssmd/metadata";
import { countText } from "../format.ts";

const FINDING = z.object({
  file: z.string(),
  line: z.int(),
  column: z.int(),
  path: z.string(),
  message: z.string(),
});

/** Result of a check; warnings do not fail it. */
export const CHECKED = z.object({
  ok: z.boolean(),
  files: z.int(),
  findings: z.array(FINDING),
  warnings: z.array(FINDING),
});
type Checked = z.output<typeof CHECKED>;

/** See {@linkcode CHECKED}. */
export function checkedOf(
  files: number,
  findings: readonly Finding[],
  warnings: readonly Finding[] = [],
): Checked {
  return { ok: findings.length === 0, files, findings: [...findings], warnings: [...warnings] };
}

/** Formats one finding per line and a verdict. */
export function checkedTable({ ok, files, findings, warnings }: Checked): { text: string } {
  const lines = [
    ...warnings.map((warning) => `warning: ${formatFinding(warning)}\n`),
    ...findings.map((finding) => `${formatFinding(finding)}\n`),
  ].join("");
  const checked = countText(files, "file");
  const verdict = ok
    ? `${checked} checked, nothing is wrong`
    : `${countText(findings.length, "mistake")} in ${checked}`;
  return { text: `${lines}${verdict}\n` };
}

export const isWrong = ({ ok }: Checked): boolean => !ok;
