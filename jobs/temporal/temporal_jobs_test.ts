import assert from "node:assert/strict";
import { silentLogger } from "@ssmd/runtime";
import {
  startTemporalServer,
  temporalServerAvailable,
} from "../../tests/servers/temporal_server.ts";
import { plainQueue } from "../testing/temporal_environment.ts";
import { killQueue } from "../testing/kill_queue.ts";
import { killRunner } from "../testing/kill_runner.ts";
import { RUNNER_CASES, type RunnerBench, until } from "../testing/runner_cases.ts";
import type { Schedule } from "../schedule.ts";
import { syncSchedules } from "./sync_schedules.ts";
import { TemporalBoard } from "./temporal_board.ts";
import type { TemporalQueue } from "./temporal_queue.ts";
import { TemporalWorker } from "./temporal_jobs.ts";

const REAL_SERVER = {
  ignore: !temporalServerAvailable(),
  // Temporal's own threads live as long as the process.
  ...{ sanitizeOps: false, sanitizeResources: false },
};

/** A bench of its own on a server: ids of jobs begin anew, since each has its namespace in its queue. */
async function temporalBench(address: string, env: string): Promise<RunnerBench> {
  const queue: TemporalQueue = { env, address, namespace: env, taskQueue: `ssmd-${env}` };
  const board = await TemporalBoard.connect(queue);
  return {
    board,
    start: (workflow, events = []) =>
      TemporalWorker.start({
        ...{ queue, workflows: [workflow], logger: silentLogger, onEnd: () => {} },
        record: (event) => Promise.resolve(void events.push(event)),
        retryFirstMs: 1,
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(board[Symbol.dispose]()),
  };
}

Deno.test("jobs on Temporal", REAL_SERVER, async (t) => {
  const namespaces = Object.keys(RUNNER_CASES).map((_, i) => `case-${i}`);
  await using server = await startTemporalServer(namespaces);
  const { address } = server;
  for (const [i, [sentence, test]] of Object.entries(RUNNER_CASES).entries()) {
    await t.step({
      name: sentence,
      ...REAL_SERVER,
      fn: async () => {
        await using bench = await temporalBench(address, namespaces[i] ?? "");
        await test(bench);
      },
    });
  }
  for (
    const [sentence, disturb] of [
      ["killed in the middle of a step, that step alone is done again", undefined],
      ["a server that is killed in the middle of a step loses nothing", async () => {
        await server.kill();
        await server.start();
      }],
    ] as const
  ) {
    await t.step({
      name: sentence,
      ...REAL_SERVER,
      fn: async () => {
        const dir = await Deno.makeTempDir();
        using board = await TemporalBoard.connect(killQueue(address));
        await killRunner({ dir, board, where: ["temporal", address], ...(disturb && { disturb }) });
        await Deno.remove(dir, { recursive: true });
      },
    });
  }
  await t.step({
    name: "the schedules of a file come and go with it, and created ones stay",
    ...REAL_SERVER,
    fn: () => followFile(address),
  });
});

async function followFile(address: string): Promise<void> {
  const queue = plainQueue("file", address);
  using board = await TemporalBoard.connect(queue);
  const own: Schedule = {
    ...{ name: "verify", workflow: "verify", title: "", origin: "environment", input: {} },
    ...{ at: "02:00", timezone: "UTC", weekday: null, catchesUp: false },
  };
  const ids = async () =>
    (await Array.fromAsync(board.client.schedule.list())).map(({ scheduleId }) => scheduleId)
      .filter((id) => id.startsWith("ssmd/file/")).sort();
  await board.createSchedule({ ...own, name: "nightly", origin: "created" });
  await until(async () => (await ids()).length === 1);
  await syncSchedules(board, { queue, schedules: [own] });
  await until(async () => (await ids()).length === 2);
  await board.pauseSchedule("verify", true);
  await syncSchedules(board, { queue, schedules: [{ ...own, at: "03:00" }] });
  assert.equal((await board.schedule("verify")).isPaused, true);
  await syncSchedules(board, { queue, schedules: [] });
  await until(async () => (await ids()).length === 1);
  assert.deepEqual((await board.createdSchedules()).map(({ name }) => name), ["nightly"]);
}
