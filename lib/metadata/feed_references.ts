import { suggestion } from "@ssmd/runtime";
import type { YamlSource } from "./document.ts";
import type { Finding } from "./finding.ts";
import { fieldOf, listOf } from "./untyped.ts";

/** Names that feed files may refer to; undefined = unknown, not checked. */
export interface KnownNames {
  calendars?: readonly string[] | undefined;
  /** Normalizer ids. */
  parsers?: readonly string[] | undefined;
  claimProblems?: ClaimCheck | undefined;
}

/**
 * Returns claims of a feed version that its normalizer does not support. Injected by the caller, as
 * normalizers belong to the venues.
 */
export type ClaimCheck = (
  parser: string,
  claims: { sequence_field: unknown; book_checksum: unknown; types: unknown },
) => { field: "sequence_field" | "book_checksum" | "types"; message: string }[];

/** Checks a feed file and its references; uses raw values, so it also reports next to shape errors. */
export function feedReferences(yaml: YamlSource, id: string, known: KnownNames): Finding[] {
  const findings: Finding[] = calendarFindings(yaml, known.calendars);
  // A disabled feed may name a normalizer that does not exist yet.
  const parsers = fieldOf(yaml.value, "status") === "disabled" ? undefined : known.parsers;
  const named = fieldOf(yaml.value, "id");
  if (typeof named === "string" && named !== id) {
    findings.push(yaml.finding(["id"], `"${named}" must be the file's name, "${id}"`));
  }
  let previous = "";
  listOf(fieldOf(yaml.value, "versions")).forEach((version, index) => {
    const from = fieldOf(version, "from");
    if (typeof from === "string" && /^\d{4}-\d\d-\d\d$/.test(from)) {
      if (from === previous) {
        findings.push(yaml.finding(["versions", index, "from"], `a second version from ${from}`));
      } else if (from < previous) {
        const message = `${from} stands after ${previous}; the oldest version stands first`;
        findings.push(yaml.finding(["versions", index, "from"], message));
      }
      previous = from;
    }
    findings.push(...versionFindings(yaml, version, index));
    findings.push(...parserFindings(yaml, version, { index, parsers }));
    findings.push(...claimFindings(yaml, version, { index, claimProblems: known.claimProblems }));
  });
  const locations = new Set<unknown>();
  listOf(fieldOf(yaml.value, "capture_locations")).forEach((location, index) => {
    const id = fieldOf(location, "id");
    if (typeof id === "string" && locations.has(id)) {
      const message = `location "${id}" stands here a second time`;
      findings.push(yaml.finding(["capture_locations", index, "id"], message));
    }
    locations.add(id);
  });
  return findings;
}

function calendarFindings(yaml: YamlSource, calendars: readonly string[] | undefined): Finding[] {
  const calendar = fieldOf(yaml.value, "calendar");
  if (calendars === undefined || typeof calendar !== "string") return [];
  if (calendars.includes(calendar)) return [];
  const hint = calendars.length === 0
    ? "There are none; leave it out = always open"
    : suggestion(calendar, calendars);
  return [yaml.finding(["calendar"], `no calendar "${calendar}" in the registry. ${hint}`)];
}

function parserFindings(
  yaml: YamlSource,
  version: unknown,
  { index, parsers }: { index: number; parsers: readonly string[] | undefined },
): Finding[] {
  const parser = fieldOf(version, "parser");
  if (parsers === undefined || typeof parser !== "string" || parsers.includes(parser)) return [];
  const message = `no normalizer "${parser}" is built in. ${suggestion(parser, parsers)}`;
  return [yaml.finding(["versions", index, "parser"], message)];
}

function claimFindings(
  yaml: YamlSource,
  version: unknown,
  { index, claimProblems }: { index: number; claimProblems: ClaimCheck | undefined },
): Finding[] {
  const capabilities = fieldOf(version, "capabilities");
  const claims = {
    sequence_field: fieldOf(version, "sequence_field"),
    book_checksum: fieldOf(capabilities, "book_checksum"),
    types: fieldOf(capabilities, "types"),
  };
  const problems = claimProblems?.(String(fieldOf(version, "parser")), claims) ?? [];
  return problems.map(({ field, message }) => {
    const path = field === "sequence_field" ? [field] : ["capabilities", field];
    return yaml.finding(["versions", index, ...path], message);
  });
}

function versionFindings(yaml: YamlSource, version: unknown, index: number): Finding[] {
  const findings: Finding[] = [];
  const sequenced = fieldOf(version, "sequenced");
  const field = fieldOf(version, "sequence_field");
  const at = ["versions", index];
  if (sequenced === true && field === undefined) {
    findings.push(yaml.finding([...at, "sequence_field"], "is missing; a sequenced feed names it"));
  }
  if (sequenced === false && field !== undefined) {
    const message = "names a field although sequenced is false";
    findings.push(yaml.finding([...at, "sequence_field"], message));
  }
  const auth = fieldOf(version, "auth");
  const method = fieldOf(auth, "method");
  const fields = listOf(fieldOf(auth, "fields"));
  if (method === "none" && fields.length > 0) {
    findings.push(yaml.finding([...at, "auth", "fields"], "names fields although method is none"));
  }
  if (typeof method === "string" && method !== "none" && fields.length === 0) {
    const message = `is missing; ${method} needs the names of its credential fields`;
    findings.push(yaml.finding([...at, "auth", "fields"], message));
  }
  return findings;
}
