import { suggestion } from "@ssmd/runtime";
import type { YamlSource } from "./document.ts";
import type { Finding } from "./finding.ts";
import { fieldOf, listOf } from "./loose.ts";

/** What must fit together inside a feed file and with the calendars; looks at raw values, so that it speaks up beside shape errors. Calendars: undefined = not known here. */
export function feedReferences(
  yaml: YamlSource,
  id: string,
  calendars: readonly string[] | undefined,
): Finding[] {
  const findings: Finding[] = calendarFindings(yaml, calendars);
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
  });
  const places = new Set<unknown>();
  listOf(fieldOf(yaml.value, "capture_locations")).forEach((location, index) => {
    const place = fieldOf(location, "id");
    if (typeof place === "string" && places.has(place)) {
      const message = `location "${place}" stands here a second time`;
      findings.push(yaml.finding(["capture_locations", index, "id"], message));
    }
    places.add(place);
  });
  return findings;
}

function calendarFindings(yaml: YamlSource, calendars: readonly string[] | undefined): Finding[] {
  const calendar = fieldOf(yaml.value, "calendar");
  if (calendars === undefined || typeof calendar !== "string") return [];
  if (calendars.includes(calendar)) return [];
  const hint = calendars.length === 0
    ? "there are none; leave it out = always open"
    : suggestion(calendar, calendars);
  return [yaml.finding(["calendar"], `no calendar "${calendar}" in the registry; ${hint}`)];
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
