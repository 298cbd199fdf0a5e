/** Behaviour common to all job runners; one test body for all. @module */
import assert from "node:assert/strict";
import type { JsonRecord } from "@ssmd/journal";
import { ArchiveError } from "@ssmd/runtime";
import { z } from "zod";
import type { Job, JobState } from "../job.ts";
import type { JobBoard } from "../job_board.ts";
import type { Schedule } from "../schedule.ts";
import type { JobContext, Workflow } from "../workflow.ts";

/** A job board with runners on it. */
export interface RunnerBench extends AsyncDisposable {
  board: JobBoard;
  /** Starts a runner with short retry pauses; job events go to `events`. */
  start(workflow: Workflow, events?: JsonRecord[]): Promise<AsyncDisposable>;
}

const RETRYABLE = { hint: "", retryable: true };

function workflowOf(run: (context: JobContext, input: JsonRecord) => Promise<void>): Workflow {
  const kind = { name: "work", title: "", input: z.looseObject({}) };
  return { ...kind, run: (input, context) => run(context, input) };
}

/** Waits for a condition without timeout. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!await condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

const isIn = async (board: JobBoard, ...states: JobState[]) =>
  states.includes((await board.find("a"))?.state ?? "queued");
const ask = (board: JobBoard, workflow = "work") =>
  board.enqueue({ id: "a", workflow, input: { n: 1 }, nowUs: 1_000_000 });
const over = (board: JobBoard) => until(() => isIn(board, "done", "failed"));
const stepsOf = (job: Job | undefined) => job?.steps.map(({ name, result }) => [name, result]);

/** Rejects when the signal aborts. */
function endless(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

/** Tests by sentence. */
export const RUNNER_CASES: Readonly<Record<string, (bench: RunnerBench) => Promise<void>>> = {
  "a step that is done is not done again when a later one fails and is tried again": async (
    { board, start },
  ) => {
    const done: string[] = [];
    const events: JsonRecord[] = [];
    assert.equal(await ask(board), true);
    assert.equal(await ask(board), false);
    const workflow = workflowOf(async ({ step, log }, input) => {
      assert.deepEqual(input, { n: 1 });
      log("before");
      const first = await step("first", () => Promise.resolve({ n: done.push("first") }));
      await step("second", () => {
        done.push("second");
        if (done.length < 4) return Promise.reject(new ArchiveError("AWAY", "away", RETRYABLE));
        return Promise.resolve(first);
      });
    });
    {
      await using _runner = await start(workflow, events);
      await over(board);
    }
    assert.deepEqual(done, ["first", "second", "second", "second"]);
    const job = await board.find("a");
    assert.deepEqual([job?.state, job?.attempts, job?.error], ["done", 3, null]);
    assert.deepEqual(stepsOf(job), [["first", { n: 1 }], ["second", { n: 1 }]]);
    assert.deepEqual(events.map(({ event }) => event), ["begun", "begun", "begun", "done"]);
    const said = (await board.lines("a")).map(({ message }) => message);
    assert.deepEqual(said.filter((line) => line !== "before"), [
      ...["try 1 begins", "first is done", "away", "try 2 begins", "away", "try 3 begins"],
      "second is done",
    ]);
    await until(async () => (await board.list({ state: "done", workflow: "work" })).length === 1);
    assert.deepEqual(await board.list({ state: "failed" }), []);
  },

  "what cannot be mended by waiting fails at once, and is retried at its first step that is not done":
    async ({ board, start }) => {
      let isMended = false;
      const done: string[] = [];
      await ask(board);
      const error = new ArchiveError("BAD", "bad", { hint: "mend it" });
      await using _runner = await start(workflowOf(async ({ step }) => {
        await step("first", () => Promise.resolve({ n: done.push("first") }));
        await step("second", () => isMended ? Promise.resolve({}) : Promise.reject(error));
      }));
      await over(board);
      const job = await board.find("a");
      assert.deepEqual([job?.state, job?.attempts, job?.error], [
        ...["failed", 1, { code: "BAD", message: "bad", hint: "mend it" }],
      ]);
      assert.ok(job?.endedAtUs !== null);
      isMended = true;
      assert.equal(await board.retry("a", 2_000_000), true);
      await until(() => isIn(board, "done"));
      assert.equal(await board.retry("a", 2_000_000), false);
      assert.deepEqual(done, ["first"]);
      assert.deepEqual(stepsOf(await board.find("a")), [["first", { n: 1 }], ["second", {}]]);
      const said = (await board.lines("a")).map(({ message }) => message);
      assert.deepEqual(said.filter((line) => line.startsWith("try")), [
        ...["try 1 begins", "try 1 begins"],
      ]);
    },

  "what can be mended by waiting fails after five tries": async ({ board, start }) => {
    await ask(board);
    const error = new ArchiveError("AWAY", "away", RETRYABLE);
    await using _runner = await start(workflowOf(() => Promise.reject(error)));
    await over(board);
    const job = await board.find("a");
    assert.deepEqual([job?.state, job?.attempts, job?.error?.code], ["failed", 5, "AWAY"]);
  },

  "a runner that ends in the middle of a step leaves the job to the next one": async (
    { board, start },
  ) => {
    await ask(board);
    const done: string[] = [];
    const workflow = workflowOf(async ({ step, signal }) => {
      await step("first", () => Promise.resolve({ n: done.push("first") }));
      await step("second", async () => {
        done.push("second");
        return done.length > 2 ? {} : await endless(signal);
      });
    });
    {
      await using _runner = await start(workflow);
      await until(() => done.length === 2);
    }
    await using _next = await start(workflow);
    await over(board);
    assert.deepEqual([(await board.find("a"))?.state, done], [
      ...["done", ["first", "second", "second"]],
    ]);
  },

  "cancelling breaks off the step that runs, and a retry goes on": async ({ board, start }) => {
    await ask(board);
    let isRunning = false;
    let isFree = false;
    await using _runner = await start(workflowOf(async ({ step, signal }) => {
      await step("endless", () => {
        isRunning = true;
        return isFree ? Promise.resolve({}) : endless(signal);
      });
    }));
    await until(() => isRunning);
    await until(() => isIn(board, "running"));
    assert.equal(await board.cancel("a", 1), true);
    assert.equal(await board.cancel("a", 1), false);
    await until(async () =>
      (await board.lines("a")).some(({ message }) => message === "cancelled")
    );
    assert.equal((await board.find("a"))?.state, "cancelled");
    isFree = true;
    assert.equal(await board.retry("a", 2), true);
    await until(() => isIn(board, "done"));
  },

  "a job that nobody runs is queued, and cancelled without a runner": async ({ board }) => {
    await ask(board);
    const job = await board.find("a");
    assert.deepEqual([job?.state, job?.attempts, job?.startedAtUs], ["queued", 0, null]);
    assert.equal(await board.cancel("a", 1), true);
    assert.equal((await board.find("a"))?.state, "cancelled");
    assert.equal(await board.find("another"), undefined);
  },

  "a created schedule is kept with its arguments until it is deleted": async ({ board }) => {
    const schedule: Schedule = {
      ...{ name: "nightly", workflow: "work", title: "Nightly", origin: "created" },
      ...{ input: { n: 1 }, at: "02:00", timezone: "UTC", weekday: 7, catchesUp: false },
    };
    assert.equal(await board.createSchedule(schedule), true);
    assert.equal(await board.createSchedule({ ...schedule, at: "03:00" }), false);
    // A server lists new schedules with a delay.
    await until(async () => (await board.createdSchedules()).length === 1);
    assert.deepEqual(await board.createdSchedules(), [schedule]);
    await board.pauseSchedule("nightly", true);
    assert.deepEqual(await board.schedule("nightly"), { isPaused: true, lastAtUs: null });
    assert.equal(await board.deleteSchedule("nightly"), true);
    assert.equal(await board.deleteSchedule("nightly"), false);
    await until(async () => (await board.createdSchedules()).length === 0);
  },

  "a workflow that there is not fails with those that there are": async ({ board, start }) => {
    await ask(board, "wrok");
    await using _runner = await start(workflowOf(() => Promise.resolve()));
    await over(board);
    assert.match((await board.find("a"))?.error?.hint ?? "", /There are: work$/);
  },
};
