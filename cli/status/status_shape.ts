import { z } from "zod";
import { READ_ONLY_MODE } from "@ssmd/metadata";
import { CIRCUIT_STATES } from "@ssmd/runtime";

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

/** State of an archive. */
export const ARCHIVE_STATUS = z.object({
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

/** State of an environment. */
export const ENVIRONMENT_STATUS = z.object({
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
  archive: ARCHIVE_STATUS.nullable().describe("null = none yet"),
  bus: z.object({ type: z.string(), state: z.enum(["ok", "failing", "unknown"]) }),
  circuits: z.record(z.string(), z.enum(CIRCUIT_STATES)).describe(
    "Circuit breakers of the process: open = calls are refused at once, half_open = one is tried",
  ),
  clients: z.int().nullable().describe("Clients connected to the gateway; null = unknown"),
});

/** State of an environment. */
export type EnvironmentStatus = z.output<typeof ENVIRONMENT_STATUS>;
