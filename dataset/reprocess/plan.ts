import { createHash } from "node:crypto";
import { dayOfUs, type Manifest, usOfDay, usOfNsText } from "@ssmd/archive";
import { ArchiveError, DAY_US } from "@ssmd/runtime";
import { digestOf, type RawConnection, rawConnectionsOf } from "./raw_connections.ts";
import { filesUpTo } from "./translate_day.ts";

/** A day to make, with its inputs. */
export interface PlannedDay {
  /** `YYYY-MM-DD`. */
  day: string;
  /** Connections with lines of the day. */
  connections: RawConnection[];
  /** Hash of the raw files up to the day's end. */
  input: string;
  /** Lines in the files with lines of the day. */
  lines: number;
  /** Stored size of these files. */
  bytes: number;
}

/** Returns the days from `from` to `to` (inclusive, `YYYY-MM-DD`) with raw lines, in order. */
export function planDays(manifests: readonly Manifest[], from: string, to: string): PlannedDay[] {
  const connections = rawConnectionsOf(manifests);
  return daysOf(connections).filter((day) => day >= from && day <= to)
    .map((day) => plannedDay(day, connections));
}

/** Returns all days that files cover, in order. */
function daysOf(connections: readonly RawConnection[]): string[] {
  const days = new Set<string>();
  for (const { from, to } of connections.flatMap(({ files }) => files)) {
    const lastUs = usOfNsText(to);
    for (let us = usOfDay(dayOfUs(usOfNsText(from))); us <= lastUs; us += DAY_US) {
      days.add(dayOfUs(us));
    }
  }
  return [...days].sort();
}

function plannedDay(day: string, all: readonly RawConnection[]): PlannedDay {
  const startUs = usOfDay(day);
  const hash = createHash("sha256");
  const planned: PlannedDay = { day, connections: [], input: "", lines: 0, bytes: 0 };
  for (const connection of all) {
    const count = filesUpTo(connection, day);
    if (count === 0) continue;
    planned.connections.push(connection);
    hash.update(`${digestOf(connection, count)}\n`);
    for (const file of connection.files.slice(0, count)) {
      if (usOfNsText(file.to) < startUs) continue;
      planned.lines += file.count;
      planned.bytes += file.bytes;
    }
  }
  planned.input = hash.digest("hex");
  return planned;
}

/** Creates the error for days without raw lines. */
export function missingRaw(
  manifests: readonly Manifest[],
  { env, feed, from, to }: { env: string; feed: string; from: string; to: string },
): ArchiveError {
  const all = manifests.map(({ day }) => day);
  const there = all.length === 0 ? "none of this feed" : `${all[0]} to ${all.at(-1)}`;
  const missing = `There are no raw files of ${env}/${feed} in these days`;
  return new ArchiveError("RAW_MISSING", missing, {
    hint: `Raw days that are there: ${there}`,
    context: { env, feed, from, to },
  });
}
