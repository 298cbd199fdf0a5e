import type { Up } from "./up.ts";
import { countText } from "../format.ts";

/** Startup banner: what runs and where to look. */
export function bannerOf(up: Up): string[] {
  const lines = [`ssmd · environment ${up.env} · ${up.transport} · archive in ${up.location}`, ""];
  for (const { feed, endpoint, source, symbols } of up.feeds()) {
    lines.push(
      `  ${feed.padEnd(12)} ${countText(symbols, "symbol").padStart(12)}, ${source}: ${endpoint}`,
    );
  }
  lines.push(
    "",
    `  live page    ${up.gatewayUrl}/`,
    `  stream       ${up.gatewayUrl.replace("http", "ws")}/v1/stream?symbols=*&types=trade`,
    `  markets      ${up.gatewayUrl}/v1/markets`,
    `  metrics      ${up.gatewayUrl}/metrics`,
    "",
    "  Ctrl-C drains and seals.",
    "",
  );
  return lines;
}

/** Current figures on one line. */
export function statusLineOf(up: Up, before: Totals, seconds: number): string {
  const now = totalsOf(up);
  const rate = (what: "frames" | "records") =>
    Math.max(0, Math.round((now[what] - before[what]) / seconds)).toLocaleString("en");
  const parts = [
    `${rate("frames")} frames/s`,
    `${rate("records")} records/s`,
    `${now.frames.toLocaleString("en")} frames`,
    `${now.archived.toLocaleString("en")} archived`,
    countText(now.gaps, "gap"),
    countText(up.clients(), "client"),
  ];
  if (now.suspectBooks > 0) parts.push(`${countText(now.suspectBooks, "book")} suspect`);
  if (now.waiting > 0) parts.push(`${now.waiting.toLocaleString("en")} waiting`);
  if (now.missing > 0) parts.push(`${countText(now.missing, "subscription")} missing`);
  parts.push(...connectionsOf(up));
  return parts.join(" · ");
}

/** One text per feed that is not live: reason and next attempt. */
function connectionsOf(up: Up): string[] {
  return up.feeds().flatMap(({ feed, stats: { connections } }) => {
    const away = connections.filter(({ state }) => state !== "live");
    const [first] = away;
    if (first === undefined) return [];
    const some = away.length < connections.length
      ? ` (${away.length} of ${connections.length} connections)`
      : "";
    const why = first.why === "" ? "" : `: ${first.why}`;
    const waitS = Math.ceil((first.nextTryMs - Date.now()) / 1000);
    return [`${feed} ${first.state}${some}${why}${waitS > 0 ? `, next try in ${waitS} s` : ""}`];
  });
}

/** Sums over all feeds. */
interface Totals {
  frames: number;
  records: number;
  gaps: number;
  unreadable: number;
  suspectBooks: number;
  waiting: number;
  missing: number;
  archived: number;
}

/** Current sums. */
export function totalsOf(up: Up): Totals {
  const totals: Totals = {
    ...{ frames: 0, records: 0, gaps: 0, unreadable: 0 },
    ...{ suspectBooks: 0, waiting: 0, missing: 0, archived: up.archived() },
  };
  for (const { stats } of up.feeds()) {
    totals.frames += stats.frames;
    totals.records += stats.records;
    totals.gaps += stats.gaps;
    totals.unreadable += stats.unreadable;
    totals.suspectBooks += stats.suspectBooks;
    totals.waiting += stats.waiting;
    totals.missing += stats.missing;
  }
  return totals;
}

/** Summary of what was captured, printed after sealing. */
export function summaryOf(up: Up, seconds: number): string[] {
  const lines = [`captured in ${seconds.toFixed(1)} s:`];
  for (const { feed, stats } of up.feeds()) {
    const figures = [
      `${stats.frames.toLocaleString("en")} frames`,
      `${stats.records.toLocaleString("en")} records`,
      countText(stats.gaps, "gap record"),
      `${stats.unreadable} unreadable`,
    ];
    lines.push(`  ${feed.padEnd(12)} ${figures.join(", ")}`);
  }
  const { archived } = totalsOf(up);
  lines.push(
    `  archived     ${archived.toLocaleString("en")} records in ${up.location}`,
    `check it with: deno task ssmd archive verify --data ${up.dataDir} --env ${up.env}`,
  );
  return lines;
}
