import { dayOfUs } from "@ssmd/archive";
import { dataDirOf, readOnlyMode } from "@ssmd/metadata";
import { nowUs, runningProcesses, sleep, untilSignal } from "@ssmd/runtime";
import type { GatewayLocation } from "../client/running_gateway.ts";
import { ENVIRONMENT, OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { dir, on } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";
import { jobProblems } from "../jobs/job_problems.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { Registry } from "../registry/registry.ts";
import { registryDirOf } from "../registry_dir.ts";
import { render } from "../render.ts";
import { diskProblems, readArchive, sealProblems } from "../status/archive_status.ts";
import { feedProblems, NOTHING_RUNS, readService } from "../status/service_status.ts";
import { screenOf } from "../status/status_screen.ts";
import {
  ARCHIVE_STATUS,
  ENVIRONMENT_STATUS,
  type EnvironmentStatus,
} from "../status/status_shape.ts";

/** Refresh interval of --watch, ms. */
const WATCH_MS = 2_000;
const CLEAR_SCREEN = "\x1b[2J\x1b[H";

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
  prints: ENVIRONMENT_STATUS,
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
): Promise<EnvironmentStatus> {
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
    archive: archive === null ? null : ARCHIVE_STATUS.parse(archive),
    bus: { type: environment.transport.type, state: service.bus },
    circuits: service.circuits,
    clients: service.clients,
  };
}
