import { bytesText, durationText } from "../format.ts";
import { render } from "../render.ts";
import { paint } from "../terminal.ts";
import type { EnvironmentStatus } from "./status_shape.ts";

function circuitsText(circuits: EnvironmentStatus["circuits"]): string {
  const troubled = Object.entries(circuits).filter(([, state]) => state !== "closed");
  return troubled.map(([name, state]) => `; circuit ${name} ${state}`).join("");
}

/** Text of a state for people. */
export function screenOf(status: EnvironmentStatus): string {
  const { env, ok, problems, process, feeds, archive, bus, circuits, clients } = status;
  const where = process === null
    ? "nothing runs"
    : `${process.component} ${process.pid} at ${process.url} since ${process.started_at}`;
  const rows = feeds.map(({ why: _, lag_ms: lag, last_record_at: last, ...feed }) => ({
    ...{ feed: feed.feed, state: feed.state, markets: feed.markets },
    "records/s": feed.records_per_second,
    lag: lag === null ? null : durationText(lag),
    "last record": last,
    "gaps today": feed.gaps_today,
  }));
  const lines = [
    `${env}: ${
      ok
        ? paint("green", "all is well", Deno.stdout)
        : paint("red", "something is wrong", Deno.stdout)
    }; ${where}`,
    ...(rows.length === 0 ? [] : [render({ value: feeds, rows }, "table").trimEnd()]),
    ...(archive === null ? ["archive  none yet"] : archiveLines(archive)),
    `bus      ${bus.type}: ${bus.state}${circuitsText(circuits)}`,
    `clients  ${clients ?? "-"}`,
    ...(status.read_only === null ? [] : [`read-only: ${status.read_only.reason}`]),
    ...problems.map((problem) => `${paint("red", "problem:", Deno.stdout)} ${problem}`),
  ];
  return `${lines.join("\n")}\n`;
}

function archiveLines(archive: NonNullable<EnvironmentStatus["archive"]>): string[] {
  const { raw_bytes: raw, normalized_bytes: normalized, spool_bytes: spool } = archive;
  const { free_bytes: free, unsealed_days: unsealed, last_file: file } = archive;
  const left = free === null ? "" : `; ${bytesText(free)} left`;
  const days = unsealed.slice(0, 5).map(({ feed, day }) => `${feed} ${day}`).join(", ");
  const letters = Object.entries(archive.dead_letters).map(([name, count]) => `${name} ${count}`);
  const more = unsealed.length > 5 ? ` and ${unsealed.length - 5} more` : "";
  return [
    `archive  ${archive.location}: raw ${bytesText(raw)}, normalized ${bytesText(normalized)}, ` +
    `spool ${bytesText(spool)}${left}`,
    `         last file ${file ?? "-"}, last record ${archive.last_record_at ?? "-"}`,
    `         not sealed: ${days === "" ? "none" : `${days}${more}`}`,
    ...(letters.length === 0
      ? []
      : [`         dead letters: ${letters.join(", ")}: ssmd dlq list`]),
  ];
}
