import { silentLogger } from "@ssmd/runtime";
import { JobStore } from "./job_store.ts";
import { JobRunner } from "./runner.ts";
import { killRunner } from "./testing/kill_runner.ts";
import { RUNNER_CASES, type RunnerBench } from "./testing/runner_cases.ts";

function embeddedBench(): RunnerBench {
  const board = new JobStore();
  return {
    board,
    start: (workflow, events = []) => {
      const runner = new JobRunner({
        ...{ store: board, workflows: [workflow], logger: silentLogger },
        onEnd: () => {},
        record: (event) => Promise.resolve(void events.push(event)),
        retryFirstMs: 1,
      });
      runner.start();
      return Promise.resolve({ [Symbol.asyncDispose]: () => runner.close() });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(board[Symbol.dispose]()),
  };
}

for (const [sentence, test] of Object.entries(RUNNER_CASES)) {
  Deno.test(sentence, async () => {
    await using bench = embeddedBench();
    await test(bench);
  });
}

Deno.test("killed in the middle of a step, that step alone is done again", async () => {
  const dir = await Deno.makeTempDir();
  using board = new JobStore(`${dir}/jobs.sqlite`);
  await killRunner({ dir, board, where: ["embedded", `${dir}/jobs.sqlite`] });
  await Deno.remove(dir, { recursive: true });
});
