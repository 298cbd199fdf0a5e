import { DAY_US } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { ManifestFile } from "../manifest.ts";
import { loadManifest } from "../manifest_file.ts";
import { dayOfUs, usOfDay } from "../paths.ts";
import { usOfNsText } from "../raw_line.ts";

/** Clocks that may have timed a record; an absent list allows all. */
export interface ClockQuery {
  /** Clock source: `chrony`, `ntp`, `ptp`, `gps`, `system`; `unknown` = not recorded. */
  sources?: readonly string[];
  /** `synchronized`, `unsynchronized` or `unknown`. */
  statuses?: readonly string[];
}

/** Default when no clock is recorded. */
const UNKNOWN = { source: "unknown", status: "unknown" };

/**
 * Selects the moments of a day timed by wanted clocks. A record does not name its connection; raw
 * files tell which connections had lines at its time, and the clock of each. Therefore:
 *
 * - a record matches when the clocks of ALL connections whose raw files span its receivedAt match,
 *   whichever of them delivered it;
 * - where no raw file spans the moment (removed or not written yet), or an older manifest has no
 *   clock, source and status are `unknown`.
 */
export class ClockFilter {
  /** Times at which the result changes, in order, µs. */
  #starts: number[] = [];
  #wanted: boolean[] = [];
  #elsewhere: boolean;

  /** Takes the raw files of the day and of the previous day, whose last files may reach into it. */
  constructor(files: readonly ManifestFile[], query: ClockQuery) {
    this.#elsewhere = isWanted(UNKNOWN, query);
    const edges = files.flatMap((file) => {
      const unwanted = isWanted(file.clock ?? UNKNOWN, query) ? 0 : 1;
      return [
        { atUs: usOfNsText(file.from), files: 1, unwanted },
        { atUs: usOfNsText(file.to) + 1, files: -1, unwanted: -unwanted },
      ];
    });
    edges.sort((a, b) => a.atUs - b.atUs);
    let open = 0;
    let unwanted = 0;
    edges.forEach((edge, i) => {
      open += edge.files;
      unwanted += edge.unwanted;
      if (edges[i + 1]?.atUs === edge.atUs) return;
      this.#starts.push(edge.atUs);
      this.#wanted.push(open === 0 ? this.#elsewhere : unwanted === 0);
    });
  }

  /** Returns whether a record at that time matches. */
  isTimed(receivedAtUs: number): boolean {
    const starts = this.#starts;
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] ?? 0) <= receivedAtUs) low = middle + 1;
      else high = middle;
    }
    return this.#wanted[low - 1] ?? this.#elsewhere;
  }
}

function isWanted(clock: { source: string; status: string }, query: ClockQuery): boolean {
  const { sources, statuses } = query;
  return (sources?.includes(clock.source) ?? true) && (statuses?.includes(clock.status) ?? true);
}

/** Loads the filter of a day (`YYYY-MM-DD`). Throws like `loadManifest`. */
export async function loadClockFilter(
  storage: Storage,
  { env, feed, day }: { env: string; feed: string; day: string },
  query: ClockQuery,
): Promise<ClockFilter> {
  const days = [dayOfUs(usOfDay(day) - DAY_US), day];
  const manifests = await Promise.all(
    days.map((each) => loadManifest(storage, { kind: "raw", env, feed, day: each })),
  );
  return new ClockFilter(manifests.flatMap((manifest) => manifest?.files ?? []), query);
}
