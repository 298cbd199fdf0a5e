import { z } from "zod";
import {
  changedPaths,
  dataDirOf,
  type Environment,
  environmentRevision,
  hasHistory,
  historyOf,
  registryPathOf,
  resolveKeys,
  todayUtc,
  versionOn,
} from "@ssmd/metadata";
import { ConfigError, runningProcesses, SsmdError } from "@ssmd/runtime";
import { askGateway } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";
import { dir } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { ENV_NAME } from "../registry/registry_args.ts";
import { Registry } from "../registry/registry.ts";
import { variable } from "../terminal.ts";
import { checkRegistry } from "../registry/check_registry.ts";

/** Drift report of the gateway. */
const DRIFT = z.object({
  running_revision: z.string(),
  added: z.array(z.string()),
  taken_off: z.array(z.string()),
  changed: z.array(z.string()),
  other_rules: z.boolean(),
  needs_restart: z.array(z.string()),
});

const DEPLOYED = z.object({
  state: z.enum(["same", "drift", "not running", "unknown"]),
  running_revision: z.string().nullable().describe("Of the running environment; null = unknown"),
  file_revision: z.string().describe("Of the current file"),
  differences: z.array(z.string()).describe(
    "Markets with + or - or ~ and other fields; or why it is unknown",
  ),
});

export default defineCommand({
  name: "env status",
  brief: "Show the status of an environment: file valid, committed, keys set, deployed",
  description:
    "Compares the file with the settings of the running up or gateway, which is found by the " +
    "data folder. Exit code 1 when they differ.",
  shippedRegistry: true,
  examples: ["ssmd env status demo"],
  flags: { data: dir("Data folder, as in up --data; default: the environment's") },
  args: [ENV_NAME],
  output: z.object({
    env: z.string(),
    file: z.string(),
    mistakes: z.int(),
    git: z.string(),
    feeds: z.record(z.string(), z.string()).describe("Version in force of each"),
    missing_keys: z.array(z.string()),
    gateway: z.string(),
    deployed: DEPLOYED,
  }),
  failed: ({ deployed }) => deployed.state === "drift",
  asks: ["GET /v1/admin/environment"],
  async run({ flags: { data }, args: [name], context }) {
    const registry = await Registry.open(context.globals);
    const env = environmentOf(registry, name);
    const path = registryPathOf({ kind: "environment", name });
    const file = `${registry.dir}/${path}`;
    return {
      env: name,
      file,
      mistakes: checkRegistry(registry).findings.filter((finding) => finding.file === file).length,
      git: await gitState(registry.dir, path),
      feeds: Object.fromEntries(env.feeds.map((id) => {
        const version = versionOn(registry.feed(id), todayUtc());
        return [id, version ? `${version.parser} since ${version.from}` : "not in force"];
      })),
      missing_keys: await missingKeys(env),
      gateway: await gatewayState(env),
      deployed: await deployedState(context, env, dataDirOf(env, data)),
    };
  },
});

/** Compares the file with the newest running process. */
async function deployedState(
  context: SsmdContext,
  env: Environment,
  dataDir: string,
): Promise<z.output<typeof DEPLOYED>> {
  const file_revision = environmentRevision(env);
  const [running] = await runningProcesses(dataDir, env.name);
  const none = { running_revision: null, file_revision, differences: [] };
  if (running === undefined) return { state: "not running", ...none };
  try {
    const location = { env: env.name, url: running.url };
    const answer = await askGateway(context, location, ["GET", "/v1/admin/environment"]);
    const drift = DRIFT.parse(answer);
    const differences = differencesOf(drift);
    const state = differences.length === 0 ? "same" : "drift";
    return { ...none, state, running_revision: drift.running_revision, differences };
  } catch (error) {
    if (!(error instanceof SsmdError)) throw error;
    return { state: "unknown", ...none, differences: [error.message] };
  }
}

function differencesOf(drift: z.output<typeof DRIFT>): string[] {
  return [
    ...drift.added.map((symbol) => `+ ${symbol}`),
    ...drift.taken_off.map((symbol) => `- ${symbol}`),
    ...drift.changed.map((symbol) => `~ ${symbol}`),
    ...(drift.other_rules ? ["select"] : []),
    ...drift.needs_restart,
  ];
}

async function gitState(dir: string, path: string): Promise<string> {
  if (!await hasHistory(dir)) return "no history";
  const [last] = await historyOf(dir, path);
  if (last === undefined) return "not committed yet";
  const changed = (await changedPaths(dir)).includes(path);
  return `${changed ? "changed since" : "as of"} ${last.commit.slice(0, 10)} ${last.time}`;
}

async function missingKeys(env: Environment): Promise<string[]> {
  try {
    await resolveKeys(env, { env: variable, readFile: (path) => Deno.readTextFile(path) });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const missing = error.context["missing"];
    return Array.isArray(missing) ? missing.map(String) : [error.message];
  }
}

/** Timeout of the gateway, ms. */
const ANSWER_MS = 2_000;

async function gatewayState(env: Environment): Promise<string> {
  const { host = "127.0.0.1", port, tls } = env.gateway;
  const at = `${host === "0.0.0.0" ? "127.0.0.1" : host}:${port}`;
  try {
    const url = `${tls === undefined ? "http" : "https"}://${at}/health`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    await answer.body?.cancel();
    return `answers on ${at}`;
  } catch (error) {
    return error instanceof Deno.errors.NotCapable
      ? `not asked: ${at} is not granted`
      : `nothing answers on ${at}`;
  }
}
