import {
  startTemporalServer,
  temporalServerAvailable,
} from "../../tests/servers/temporal_server.ts";
import { surviveArchiveJobs } from "../testing/archive_job_kills.ts";
import { DayKills } from "../testing/day_kills.ts";
import { plainQueue } from "../testing/temporal_environment.ts";
import type { KillBench } from "../testing/kill_bench.ts";
import { TemporalBoard } from "./temporal_board.ts";

const REAL_SERVER = {
  ignore: !temporalServerAvailable(),
  ...{ sanitizeOps: false, sanitizeResources: false },
};

/** A server, and a folder whose jobs it keeps. */
async function temporalBench(): Promise<KillBench & AsyncDisposable> {
  const dataDir = await Deno.makeTempDir();
  const server = await startTemporalServer();
  const { address } = server;
  return {
    ...{ dataDir, where: [address] },
    openBoard: () => TemporalBoard.connect(plainQueue("demo", address)),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

Deno.test(
  "a worker of Temporal that is killed in the steps of a day does each step once",
  REAL_SERVER,
  async () => {
    await using bench = await temporalBench();
    // The server takes ten seconds to know that a worker is gone.
    await new DayKills({ ...bench, oneOf: 8 }).run();
  },
);

Deno.test(
  "a reprocess, an export, a report and a backfill go on after a worker that was killed",
  REAL_SERVER,
  async () => {
    await using bench = await temporalBench();
    await surviveArchiveJobs(bench);
  },
);
