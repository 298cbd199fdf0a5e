import type { YamlSource } from "./document.ts";
import type { Finding } from "./finding.ts";
import { fieldOf, listOf } from "./untyped.ts";

type Report = (path: PropertyKey[], message: string) => void;

const DAY = /^\d{4}-\d\d-\d\d$/;
const TIME = /^\d\d:\d\d$/;

/** Checks the consistency of a calendar file; uses raw values, so it also reports next to shape errors. */
export function calendarReferences(yaml: YamlSource, name: string): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (path, message) => findings.push(yaml.finding(path, message));
  const named = fieldOf(yaml.value, "name");
  if (typeof named === "string" && named !== name) {
    report(["name"], `"${named}" must be the file's name, "${name}"`);
  }
  const versions = listOf(fieldOf(yaml.value, "versions"));
  datesInOrder(versions, ["versions"], { field: "from", what: "version", report });
  versions.forEach((version, index) => {
    for (const field of ["open", "maintenance"]) {
      windowsOf(listOf(fieldOf(version, field)), ["versions", index, field], report);
    }
  });
  const days = listOf(fieldOf(yaml.value, "special_days"));
  datesInOrder(days, ["special_days"], { field: "date", what: "special day", report });
  days.forEach((day, index) => windowsOfDay(day, ["special_days", index, "open"], report));
  return findings;
}

function datesInOrder(
  items: readonly unknown[],
  path: PropertyKey[],
  { field, what, report }: { field: string; what: string; report: Report },
): void {
  let previous = "";
  items.forEach((item, index) => {
    const date = fieldOf(item, field);
    if (typeof date !== "string" || !DAY.test(date)) return;
    if (date === previous) report([...path, index, field], `a second ${what} of ${date}`);
    else if (date < previous) {
      report([...path, index, field], `${date} stands after ${previous}; the oldest stands first`);
    }
    previous = date;
  });
}

/** Checks weekly windows; an empty one would be read as a whole day. */
function windowsOf(windows: readonly unknown[], path: PropertyKey[], report: Report): void {
  windows.forEach((window, index) => {
    const { from, to } = timesOf(window);
    if (from !== undefined && from === to) {
      report([...path, index, "to"], `is ${to} like from; a whole day is "00:00" to "24:00"`);
    }
    const days = listOf(fieldOf(window, "days"));
    days.forEach((day, at) => {
      if (days.indexOf(day) < at) report([...path, index, "days", at], `${day} stands here twice`);
    });
  });
}

/** Checks the windows of one day, which must end on that day. */
function windowsOfDay(day: unknown, path: PropertyKey[], report: Report): void {
  listOf(fieldOf(day, "open")).forEach((window, index) => {
    const { from, to } = timesOf(window);
    if (from === undefined || to === undefined || from < to) return;
    report([...path, index, "to"], `${to} is not after ${from}; a special day ends at "24:00"`);
  });
}

function timesOf(window: unknown): { from?: string; to?: string } {
  const from = fieldOf(window, "from");
  const to = fieldOf(window, "to");
  return {
    ...(typeof from === "string" && TIME.test(from) ? { from } : {}),
    ...(typeof to === "string" && TIME.test(to) ? { to } : {}),
  };
}
