import { claimProblems, externalProblem, PARSERS } from "@ssmd/exchanges";
import { type CheckResult, checkSources, type SourceFile } from "@ssmd/metadata";
import type { Registry } from "./registry.ts";
import { checkSchemaText } from "./schema_text.ts";

const CHECKED = new WeakMap<Registry, CheckResult>();

/** Checks all files of a registry and the references between them: all findings, the valid files. */
export function checkRegistry(registry: Registry): CheckResult {
  const known = CHECKED.get(registry);
  if (known !== undefined) return known;
  const { dir, texts, isPast } = registry;
  const files = [...texts].map(([path, text]): SourceFile => ({ path: `${dir}/${path}`, text }));
  // Today's normalizers and claims do not apply to earlier files.
  const ofToday = isPast ? {} : { parsers: PARSERS, externalProblem, claimProblems };
  const checked = checkSources(files, { checkSchemaText, isWhole: true, isPast, ...ofToday });
  CHECKED.set(registry, checked);
  return checked;
}
