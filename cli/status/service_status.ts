import { z } from "zod";
import { CIRCUIT_STATES, isoOfUs, SsmdError } from "@ssmd/runtime";
import { metricIn, metricsByLabel } from "../client/metrics_text.ts";
import { askGateway, requestGateway } from "../client/running_gateway.ts";
import type { SsmdContext } from "../context.ts";
import { durationText } from "../format.ts";
import type { EnvironmentStatus } from "./status_shape.ts";

/** Lag above which a feed is behind, ms. */
const LAG_MS_MAX = 5_000;

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

/** State of the running service. */
interface Service {
  problems: string[];
  feeds: Omit<EnvironmentStatus["feeds"][number], "gaps_today">[];
  bus: EnvironmentStatus["bus"]["state"];
  circuits: EnvironmentStatus["circuits"];
  clients: number | null;
}

/** State without a running service. */
export const NOTHING_RUNS: Service = {
  problems: ["nothing runs: start it with ssmd up, or name its folder with --data"],
  ...{ feeds: [], bus: "unknown", circuits: {}, clients: null },
};

/** Reads the state of a running gateway; its errors become problems. */
export async function readService(
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

function circuitsIn(metrics: string): EnvironmentStatus["circuits"] {
  const states = [...metricsByLabel(metrics, "ssmd_circuit_breaker_state")];
  return Object.fromEntries(states.map(([name, value]) => [name, CIRCUIT_STATES[value] ?? "open"]));
}

function lagMsIn(metrics: string, feed: string): number | null {
  const seconds = metricIn(metrics, `ssmd_connector_lag_seconds{feed="${feed}"}`);
  return seconds === undefined ? null : Math.round(seconds * 1000);
}

/** What is wrong with a feed. */
export function feedProblems(
  { feed, state, why, lag_ms: lagMs, shards_away: away }: Service["feeds"][number],
) {
  const shards = away.map((shard) => `the connector of ${feed} in shard ${shard} does not answer`);
  if (state !== "live") return [`${feed} is ${state}${why === null ? "" : `: ${why}`}`, ...shards];
  const isLate = lagMs !== null && lagMs > LAG_MS_MAX;
  return isLate ? [`${feed} is ${durationText(lagMs)} behind`, ...shards] : shards;
}
