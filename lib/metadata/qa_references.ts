import { suggestion } from "@ssmd/runtime";
import type { YamlSource } from "./document.ts";
import type { Finding } from "./finding.ts";
import { fieldOf, listOf } from "./untyped.ts";
import { RANGE_FIELDS } from "./qa.ts";

/** Checks the consistency of a QA file, and its feed reference. */
export function qaReferences(
  yaml: YamlSource,
  name: string,
  feeds: readonly string[],
): Finding[] {
  const findings: Finding[] = [];
  const report = (path: PropertyKey[], message: string) =>
    findings.push(yaml.finding(path, message));
  const feed = fieldOf(yaml.value, "feed");
  if (typeof feed === "string" && feed !== name) {
    report(["feed"], `"${feed}" must be the file's name, "${name}"`);
  } else if (!feeds.includes(name)) {
    report(["feed"], `there is no feed "${name}". ${suggestion(name, feeds)}`);
  }
  listOf(fieldOf(yaml.value, "checks")).forEach((check, index) => {
    const at = ["checks", index];
    const types = listOf(fieldOf(check, "records"));
    if (fieldOf(check, "type") === "range") rangeFindings(check, types, { at, report });
    if (fieldOf(check, "id") === "trade_id" && types.some((type) => type !== "trade")) {
      report([...at, "records"], "must be [trade]: only trades have a trade_id");
    }
  });
  return findings;
}

function rangeFindings(
  check: unknown,
  types: readonly unknown[],
  { at, report }: { at: PropertyKey[]; report: (path: PropertyKey[], message: string) => void },
): void {
  const field = String(fieldOf(check, "field"));
  const having = listOf(fieldOf(RANGE_FIELDS, field));
  const without = types.find((type) => typeof type === "string" && !having.includes(type));
  if (having.length > 0 && without !== undefined) {
    report(
      [...at, "field"],
      `a record of type ${without} has no ${field}; only ${having.join(" and ")} has it`,
    );
  }
  const min = fieldOf(check, "min");
  const max = fieldOf(check, "max");
  if (min === undefined && max === undefined) report(at, "names neither min nor max");
  if (typeof min === "number" && typeof max === "number" && min > max) {
    report([...at, "max"], `${max} lies below min, ${min}`);
  }
}
