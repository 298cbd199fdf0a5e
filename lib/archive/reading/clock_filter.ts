import { DAY_US } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { ManifestFile } from "../manifest.ts";
import { loadManifest } from "../manifest_file.ts";
import { dayOfUs, usOfDay } from "../paths.ts";
import { usOfNsText } from "../raw_line.ts";

/** Which clocks a record may have been timed with; an absent list allows all. */
export interface ClockQuery {
  /** What sets the clock: `chrony`, `ntp`, `ptp`, `gps`, `system`; `unknown` = it was not written down. */
  sources?: readonly string[];
  /** `synchronized`, `unsynchronized` or `unknown`. */
  statuses?: readonly string[];
}

/** What is taken where nothing is written down. */
const UNKNOWN = { source: "unknown", status: "unknown" };

/**
 * Which moments of a day are timed by wanted clocks. A record does not say which connection it came
 * by; the raw files say which connections had lines at its time, and each what its clock was. So:
 *
 * - a record is taken when the clocks of ALL connections whose raw files span its receivedAt are
 *   wanted: whichever of them it came by, its clock is;
 * - where no raw file spans the moment (raw files are gone, or not written yet) and where a manifest
 *   of before has no clock, source and status are `unknown`.
 */
export class ClockFilter {
  /** Moments at which it changes whether clocks are wanted, in order, µs. */
  #starts: number[] = [];
  #wanted: boolean[] = [];
  #elsewhere: boolean;

  /** Over the raw files of a day and of the day before it, whose last may reach into it. */
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

  /** Whether a record of that moment is taken. */
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

/** The filter of a day (`YYYY-MM-DD`). Throws as `loadManifest`. */
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
