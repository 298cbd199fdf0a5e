import { z } from "zod";
import type { CONNECTION } from "@ssmd/gateway/protocol";
import { metricIn } from "../client/metrics_text.ts";
import { agoText, bytesText, countText, durationText } from "../format.ts";
import type { Row } from "../render.ts";
import { CLIENT_ACTIONS, JOB_ACTIONS, STORAGE_ACTIONS } from "./actions.ts";
import { MarketsView } from "./markets_view.ts";
import type { Source } from "./source.ts";
import type { Content, View } from "./view.ts";

const SECOND_MS = 1_000;
/** Read interval of data that changes slowly or is expensive to read, ms. */
const SLOW_MS = 5_000;
const JOBS_SHOWN = 200;
const LOG_LINES_MAX = 1_000;

const FEEDS = z.object({
  feeds: z.array(z.object({
    feed: z.string(),
    markets: z.int(),
    books_pending: z.int(),
    records: z.number().nullable(),
    records_per_second: z.number().nullable(),
    updated: z.number().nullable(),
    connection: z.object({ state: z.string(), why: z.string().nullable() }),
    subscriptions: z.object({ away: z.int().nullable() }).nullable(),
    gap: z.object({ reason: z.string() }).nullable(),
  })),
});

/** Reads the feeds from the gateway. */
export async function readFeeds(source: Source): Promise<z.output<typeof FEEDS>["feeds"]> {
  return FEEDS.parse(await source.ask("GET", "/v1/feeds")).feeds;
}

async function feedRows(source: Source): Promise<Content> {
  const feeds = await readFeeds(source);
  return {
    rows: feeds.map(({ connection, gap, ...feed }) => ({
      feed: feed.feed,
      state: gap === null ? connection.state : `gap: ${gap.reason}`,
      "records/s": feed.records_per_second,
      "last record": agoText(feed.updated),
      markets: feed.markets,
      "books waiting": feed.books_pending,
      away: feed.subscriptions?.away,
      records: feed.records,
      why: connection.why,
    })),
  };
}

async function clientRows(source: Source): Promise<Content> {
  const answer = await source.ask("GET", "/v1/admin/clients");
  const { clients } = answer as { clients: z.output<typeof CONNECTION>[] };
  return {
    rows: clients.map((one) => ({
      id: one.id,
      client: one.client === "" ? undefined : one.client,
      state: one.state,
      mode: one.mode,
      buffer: `${Math.round(one.buffer_bytes / one.buffer_bytes_max * 100)} %`,
      waiting: one.buffer_messages,
      dropped: one.dropped,
      sent: one.sent,
      markets: one.markets,
      address: one.address,
      connected: agoText(one.since),
      policy: one.policy,
      error: one.last_error?.message,
    })),
  };
}

const INVENTORY = z.object({
  days: z.array(z.object({
    feed: z.string(),
    day: z.string(),
    version: z.string(),
    status: z.string(),
    quality: z.number().nullable(),
    records: z.int(),
    bytes: z.int(),
    gaps: z.int(),
  })),
});

async function storageRows(source: Source): Promise<Content> {
  const { days } = INVENTORY.parse(await source.ask("GET", "/v1/meta/inventory"));
  const metrics = await source.metrics();
  const free = metricIn(metrics, "ssmd_process_disk_free_bytes");
  const size = metricIn(metrics, "ssmd_process_disk_size_bytes");
  const lag = metricIn(metrics, "ssmd_archiver_lag_seconds");
  const notes = [
    ...(free && size ? [`disk: ${bytesText(free)} left of ${bytesText(size)}`] : []),
    ...(lag === undefined ? [] : [`archive: ${durationText(lag * 1000)} behind`]),
  ];
  return {
    notes: notes.length === 0 ? [] : [notes.join("; ")],
    rows: days.toReversed().map((
      { feed, day, status, records, bytes, gaps, quality, version },
    ) => ({
      ...{ feed, day, status, records, size: bytesText(bytes), gaps },
      complete: quality === null ? undefined : `${Math.floor(quality * 10_000) / 100} %`,
      version,
    })),
  };
}

const GAPS = z.object({
  to: z.number(),
  gaps: z.array(z.object({
    feed: z.string(),
    reason: z.string(),
    from: z.number(),
    detail: z.string(),
  })),
});

async function clockRows(source: Source): Promise<Content> {
  const startMs = Date.now();
  const { to, gaps } = GAPS.parse(await source.ask("GET", "/v1/gaps?limit=5000"));
  const tookMs = Date.now() - startMs;
  const offsetMs = Math.round(to - startMs - tookMs / 2);
  const jumps = gaps.filter(({ reason }) => reason === "clock");
  const rows: Row[] = source.isLocal ? await machineClock(source) : [];
  rows.push({
    clock: "gateway, against this terminal",
    status: "measured",
    offset: `${offsetMs} ms, give or take ${Math.ceil(tookMs / 2)}`,
  });
  return {
    rows,
    notes: [
      `${countText(jumps.length, "clock gap")} in 24 hours`,
      ...jumps.slice(-5).map(({ feed, from, detail }) =>
        `  ${feed}, ${agoText(from)} ago: ${detail}`
      ),
    ],
  };
}

async function machineClock(source: Source): Promise<Row[]> {
  const { value } = await source.run("clock check");
  const { source: kept, status, offset_us: us, why } = value as Row;
  return [{
    clock: "this machine",
    status,
    offset: us === null || us === undefined ? undefined : `${us} us`,
    source: kept,
    why,
  }];
}

const SIGNALS = z.object({
  signals: z.array(z.object({
    id: z.string(),
    title: z.string(),
    state: z.string(),
    why: z.string(),
    feeds: z.array(z.string()),
    symbols: z.array(z.string()),
    fires: z.int().nullable(),
    errors: z.int().nullable(),
    last_fire: z.number().nullable(),
  })),
});

async function signalRows(source: Source): Promise<Content> {
  const { signals } = SIGNALS.parse(await source.ask("GET", "/v1/signals"));
  return {
    rows: signals.map(({ id, last_fire, feeds, symbols, why, title, ...signal }) => ({
      ...{ signal: id, state: signal.state, fires: signal.fires, errors: signal.errors },
      "last fire": agoText(last_fire),
      ...{ feeds: feeds.join(" "), symbols: symbols.join(" "), why, title },
    })),
  };
}

async function jobRows(source: Source): Promise<Content> {
  const schedules = await source.run("schedule list");
  const { rows } = await source.run("job list", { limit: JOBS_SHOWN });
  return {
    rows,
    notes: schedules.rows.map(({ schedule, when, state, next }) =>
      `${schedule}: ${when}, ${state === "on" ? `next ${String(next).slice(0, 16)}Z` : state}`
    ),
  };
}

async function shardRows(source: Source): Promise<Content> {
  return await source.run("shard list");
}

const LOG = z.object({
  lines: z.array(z.object({
    n: z.int(),
    at: z.number(),
    level: z.string(),
    message: z.string(),
    fields: z.string(),
  })),
});

/** Reads log lines incrementally, newest first. */
function logReader(): (source: Source) => Promise<Content> {
  let rows: Row[] = [];
  let last = 0;
  let returns = 0;
  return async (source) => {
    // A restarted process numbers its lines from 1 again.
    if (returns !== source.returns) [returns, rows, last] = [source.returns, [], 0];
    const path = `/v1/admin/logs?limit=${LOG_LINES_MAX}&after=${last}`;
    const { lines } = LOG.parse(await source.ask("GET", path));
    last = lines.at(-1)?.n ?? last;
    const news = lines.map(({ n, at, level, message, fields }) => ({
      time: new Date(at).toISOString().slice(11, 23),
      ...{ level, message, fields, n },
    }));
    rows = [...news.reverse(), ...rows].slice(0, LOG_LINES_MAX);
    return { rows };
  };
}

const NONE = { actions: [], everyMs: SECOND_MS } as const;

/** Views in the order of their keys; those that need the data folder only when it is local. */
export function viewsOf(
  source: Source,
  { hasShards, onNews }: { hasShards: boolean; onNews: () => void },
): View[] {
  const local: View[] = [
    {
      ...{ name: "jobs", everyMs: SECOND_MS, read: jobRows, actions: JOB_ACTIONS },
      empty: "No job was asked for yet; s ends days that are over now.",
    },
    ...(hasShards ? [{ ...NONE, name: "shards", read: shardRows, empty: "No shards." }] : []),
  ];
  return [
    { ...NONE, name: "feeds", read: feedRows, empty: "The environment has no feed." },
    new MarketsView(onNews),
    {
      ...{ name: "clients", everyMs: SECOND_MS, read: clientRows },
      actions: CLIENT_ACTIONS.filter(({ key }) => source.isLocal || !"br".includes(key)),
      empty: "No client is connected.",
    },
    {
      ...{ name: "storage", everyMs: SLOW_MS, read: storageRows, id: ["feed", "day", "version"] },
      actions: source.isLocal ? STORAGE_ACTIONS : [],
      empty: "Nothing is archived yet.",
    },
    { ...NONE, name: "clock", everyMs: SLOW_MS, read: clockRows, empty: "No clock is known." },
    { ...NONE, name: "signals", read: signalRows, empty: "No signal is deployed." },
    ...(source.isLocal ? local : []),
    { ...NONE, name: "logs", read: logReader(), id: ["n"], empty: "Nothing was logged yet." },
  ];
}
