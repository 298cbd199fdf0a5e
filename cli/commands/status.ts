import { statfs } from "node:fs/promises";
import { z } from "zod";
import { dayOfUs, type DaySummary, inventory, loadManifest, usOfNsText } from "@ssmd/archive";
import { countLetters } from "@ssmd/dataset/dead_letters";
import { dataDirOf, READ_ONLY_MODE, readOnlyMode } from "@ssmd/metadata";
import {
  CIRCUIT_STATES,
  DAY_US,
  isoOfUs,
  nowUs,
  runningProcesses,
  sleep,
  SsmdError,
  untilSignal,
} from "@ssmd/runtime";
import { withArchive } from "../archive/with_archive.ts";
import { metricIn, metricsByLabel } from "../client/metrics_text.ts";
import { askGateway, type GatewayLocation, requestGateway } from "../client/running_gateway.ts";
import { ENVIRONMENT, OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { dir, on } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";
import { jobProblems } from "../jobs/job_problems.ts";
import { bytesText, countText, durationText } from "../format.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { Registry } from "../registry/registry.ts";
import { render } from "../render.ts";
import { registryDirOf } from "../registry_dir.ts";
import { paint } from "../terminal.ts";

/** Refresh interval of --watch, ms. */
const WATCH_MS = 2_000;
/** Lag above which a feed is behind, ms. */
const LAG_MS_MAX = 5_000;
/** Minimum free share of the disk. */
const FREE_SHARE_MIN = 0.05;
const CLEAR_SCREEN = "\x1b[2J\x1b[H";

const FEED = z.object({
  feed: z.string(),
  state: z.string().describe("live, or another state of the connection"),
  why: z.string().nullable().describe("Why it is not live"),
  markets: z.int(),
  records_per_second: z.number().nullable(),
  lag_ms: z.number().nullable().describe("Delay from receipt to the bus; null = no connector here"),
  last_record_at: z.string().nullable().describe("ISO 8601"),
  shards_away: z.array(z.string()).describe("Shards whose connector does not answer"),
  gaps_today: z.int().describe("Of the day's manifest, UTC"),
});

const ARCHIVE = z.object({
  location: z.string(),
  last_file: z.string().nullable(),
  last_record_at: z.string().nullable().describe("ISO 8601"),
  raw_bytes: z.int(),
  normalized_bytes: z.int(),
  spool_bytes: z.int(),
  free_bytes: z.int().nullable().describe("Free disk space; null = no local archive"),
  unsealed_days: z.array(z.object({ feed: z.string(), day: z.string() })),
  dead_letters: z.record(z.string(), z.int()).describe("Number by component"),
});

const STATUS = z.object({
  ok: z.boolean(),
  env: z.string(),
  problems: z.array(z.string()),
  read_only: READ_ONLY_MODE.nullable().describe(
    "Why changes are refused; null = changes are allowed",
  ),
  process: z.object({
    env: z.string(),
    component: z.enum(["up", "gateway"]),
    pid: z.int(),
    url: z.string(),
    started_at: z.string().describe("ISO 8601"),
  }).nullable().describe("null = nothing runs"),
  feeds: z.array(FEED),
  archive: ARCHIVE.nullable().describe("null = none yet"),
  bus: z.object({ type: z.string(), state: z.enum(["ok", "failing", "unknown"]) }),
  circuits: z.record(z.string(), z.enum(CIRCUIT_STATES)).describe(
    "Circuit breakers of the process: open = calls are refused at once, half_open = one is tried",
  ),
  clients: z.int().nullable().describe("Clients connected to the gateway; null = unknown"),
});

type Status = z.output<typeof STATUS>;
type Archive = z.output<typeof ARCHIVE> & { days: readonly DaySummary[] };

/** Feeds answer of the gateway. */
const FEED_ANSWER = z.object({
  feeds: z.array(z.object({
    feed: z.string(),
    markets: z.int(),
    records_per_second: z.number().nullable(),
    updated: z.number().nullable().describe("ms since 1970"),
    connection: z.object({ state: z.string(), why: z.string().nullable() }),
    shards: z.array(z.object({ shard: z.string(), answers: z.boolean() })).default([]),
  })),
});

const READINESS = z.object({
  ready: z.boolean(),
  reasons: z.array(z.string()).default([]),
  conditions: z.array(z.object({ condition: z.string() })).default([]),
});

export default defineCommand({
  name: "status",
  brief: "Show the status of an environment: feeds, archive, bus, clients",
  description: "Finds a running up or gateway by its file in the data folder. Exit code 1 when " +
    "something is wrong: nothing runs, a feed is not live or is behind, a service is not " +
    "ready, the disk is nearly full, a job failed or is overdue. If the gateway requires " +
    "keys, set SSMD_API_KEY.",
  shippedRegistry: true,
  examples: ["ssmd status", "ssmd status --env demo --output json"],
  flags: {
    env: ENVIRONMENT,
    data: dir("Data folder, as in up --data; default: the environment's"),
    watch: on("Refresh every two seconds, until Ctrl-C"),
    output: OUTPUT,
  },
  prints: STATUS,
  asks: ["GET /v1/feeds"],
  async run({ flags: { watch, output, ...location }, context }) {
    const { stdout } = context.process;
    // Named once: what it asks of the archive knows folders only.
    const globals = { ...context.globals, dir: await registryDirOf(context.globals) };
    const ended = new AbortController();
    if (watch) untilSignal(ended.signal).then(() => ended.abort());
    do {
      const status = await readStatus({ ...context, globals }, location);
      if (watch && output === "table") stdout.write(CLEAR_SCREEN);
      stdout.write(
        output === "table" ? screenOf(status) : render({ value: status, rows: [] }, output),
      );
      Deno.exitCode = status.ok ? 0 : 1;
      if (watch) await sleep(WATCH_MS, ended.signal);
    } while (watch && !ended.signal.aborted);
  },
});

async function readStatus(
  context: SsmdContext,
  location: Pick<GatewayLocation, "env" | "data">,
): Promise<Status> {
  const environment = environmentOf(await Registry.open(context.globals), location.env);
  const dataDir = dataDirOf(environment, location.data);
  const archive = await readArchive(context, location, dataDir);
  const [running] = await runningProcesses(dataDir, location.env);
  const service = running === undefined ? NOTHING_RUNS : await readService(context, {
    url: running.url,
    env: location.env,
  });
  const today = dayOfUs(nowUs());
  const feeds = service.feeds.map((feed) => ({
    ...feed,
    gaps_today: archive?.days.find((day) => day.feed === feed.feed && day.day === today)
      ?.gaps.length ?? 0,
  }));
  const problems = [
    ...service.problems,
    ...feeds.flatMap(feedProblems),
    ...await diskProblems(archive, dataDir),
    ...sealProblems(archive),
    ...await jobProblems(environment, dataDir),
  ];
  return {
    ...{ ok: problems.length === 0, env: location.env, problems },
    read_only: await readOnlyMode(dataDir, location.env) ?? null,
    process: running ?? null,
    feeds,
    archive: archive === null ? null : ARCHIVE.parse(archive),
    bus: { type: environment.transport.type, state: service.bus },
    circuits: service.circuits,
    clients: service.clients,
  };
}

interface Service {
  problems: string[];
  feeds: Omit<Status["feeds"][number], "gaps_today">[];
  bus: Status["bus"]["state"];
  circuits: Status["circuits"];
  clients: number | null;
}

const NOTHING_RUNS: Service = {
  problems: ["nothing runs: start it with ssmd up, or name its folder with --data"],
  ...{ feeds: [], bus: "unknown", circuits: {}, clients: null },
};

/** Reads the state of a running gateway; its errors become problems. */
async function readService(
  context: SsmdContext,
  gateway: { url: string; env: string },
): Promise<Service> {
  try {
    const answer = FEED_ANSWER.parse(await askGateway(context, gateway, ["GET", "/v1/feeds"]));
    const metrics = await (await requestGateway(gateway.url, ["GET", "/metrics"])).text();
    const ready = await requestGateway(gateway.url, ["GET", "/health/ready"]);
    const { reasons, conditions } = READINESS.parse(await ready.json());
    return {
      problems: reasons,
      feeds: answer.feeds.map((
        { feed, markets, records_per_second, updated, connection, shards },
      ) => ({
        ...{ feed, state: connection.state, why: connection.why, markets, records_per_second },
        shards_away: shards.filter(({ answers }) => !answers).map(({ shard }) => shard),
        lag_ms: lagMsIn(metrics, feed),
        last_record_at: updated === null ? null : isoOfUs(Math.floor(updated * 1000)),
      })),
      bus: conditions.some(({ condition }) => condition === "bus") ? "failing" : "ok",
      circuits: circuitsIn(metrics),
      clients: metricIn(metrics, "ssmd_gateway_clients_connected") ?? null,
    };
  } catch (error) {
    if (!(error instanceof SsmdError)) throw error;
    return { ...NOTHING_RUNS, problems: [`${error.message}: ${error.hint}`] };
  }
}

function circuitsIn(metrics: string): Status["circuits"] {
  const states = [...metricsByLabel(metrics, "ssmd_circuit_breaker_state")];
  return Object.fromEntries(states.map(([name, value]) => [name, CIRCUIT_STATES[value] ?? "open"]));
}

function lagMsIn(metrics: string, feed: string): number | null {
  const seconds = metricIn(metrics, `ssmd_connector_lag_seconds{feed="${feed}"}`);
  return seconds === undefined ? null : Math.round(seconds * 1000);
}

/** Reads the state of the archive; null when it is empty or in memory. */
async function readArchive(
  context: SsmdContext,
  location: Pick<GatewayLocation, "env" | "data">,
  dataDir: string,
): Promise<Archive | null> {
  try {
    return await withArchive(context, location, async ({ storage, env }) => {
      const days = await inventory(storage, { env, nowUs: nowUs() });
      const filled = days.filter(({ to }) => to !== "");
      const last = filled.toSorted((a, b) => usOfNsText(a.to) - usOfNsText(b.to)).at(-1);
      const manifest = last && await loadManifest(storage, { kind: "normalized", env, ...last });
      const today = dayOfUs(nowUs());
      return {
        days,
        location: storage.location,
        last_file: manifest?.files.at(-1)?.key ?? null,
        last_record_at: last === undefined ? null : isoOfUs(usOfNsText(last.to)),
        raw_bytes: days.reduce((sum, { rawBytes }) => sum + rawBytes, 0),
        normalized_bytes: days.reduce((sum, { normalizedBytes }) => sum + normalizedBytes, 0),
        spool_bytes: await bytesBelow(`${dataDir}/spool`),
        free_bytes: storage.type === "local" ? (await diskOf(dataDir)).free : null,
        dead_letters: (await countLetters(storage, env)).byComponent,
        unsealed_days: days.filter(({ day, layout }) => day < today && isUnsealed(layout))
          .map(({ feed, day }) => ({ feed, day })),
      };
    });
  } catch (error) {
    const isAbsent = error instanceof SsmdError &&
      ["ARCHIVE_NOT_FOUND", "STORAGE_NOT_SHARED"].includes(error.code);
    if (isAbsent) return null;
    throw error;
  }
}

function isUnsealed(layout: DaySummary["layout"]): boolean {
  return layout === "windows" || layout === "mixed";
}

async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0;
  const names = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
  for (const { name, isDirectory } of names) {
    const path = `${folder}/${name}`;
    // A spool file may disappear meanwhile.
    bytes += isDirectory
      ? await bytesBelow(path)
      : (await Deno.stat(path).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}

async function diskOf(folder: string): Promise<{ free: number; size: number }> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { free: bavail * bsize, size: blocks * bsize };
}

function feedProblems(
  { feed, state, why, lag_ms: lagMs, shards_away: away }: Omit<
    Status["feeds"][number],
    "gaps_today"
  >,
) {
  const shards = away.map((shard) => `the connector of ${feed} in shard ${shard} does not answer`);
  if (state !== "live") return [`${feed} is ${state}${why === null ? "" : `: ${why}`}`, ...shards];
  const isLate = lagMs !== null && lagMs > LAG_MS_MAX;
  return isLate ? [`${feed} is ${durationText(lagMs)} behind`, ...shards] : shards;
}

async function diskProblems(archive: Archive | null, dataDir: string): Promise<string[]> {
  if (archive?.free_bytes == null) return [];
  const { free, size } = await diskOf(dataDir);
  return free / size < FREE_SHARE_MIN ? [`only ${bytesText(free)} are left on the disk`] : [];
}

/** A day is sealed on the following day. */
function sealProblems(archive: Archive | null): string[] {
  const yesterday = dayOfUs(nowUs() - DAY_US);
  const late = archive?.unsealed_days.filter(({ day }) => day < yesterday) ?? [];
  if (late.length === 0) return [];
  return [`${countText(late.length, "day")} over and not sealed: ssmd schedule trigger end-days`];
}

function circuitsText(circuits: Status["circuits"]): string {
  const troubled = Object.entries(circuits).filter(([, state]) => state !== "closed");
  return troubled.map(([name, state]) => `; circuit ${name} ${state}`).join("");
}

function screenOf(status: Status): string {
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

function archiveLines(archive: z.output<typeof ARCHIVE>): string[] {
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
