import assert from "node:assert/strict";
import { ArchiveError, Metrics, silentLogger } from "@ssmd/runtime";
import type { JsonRecord } from "@ssmd/journal";
import { JobStore } from "./job_store.ts";
import { JobRunner } from "./runner.ts";
import type { JobContext, Workflow } from "./workflow.ts";

const RETRYABLE = { hint: "", retryable: true };

function workflowOf(run: (context: JobContext, input: JsonRecord) => Promise<void>): Workflow {
  return { name: "work", title: "", run: (input, context) => run(context, input) };
}

function runnerOf(store: JobStore, workflow: Workflow, events: JsonRecord[] = []): JobRunner {
  return new JobRunner({
    ...{ store, workflows: [workflow], logger: silentLogger, metrics: new Metrics("jobs") },
    record: (event) => Promise.resolve(void events.push(event)),
    retryFirstMs: 1,
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const isOver = (store: JobStore) => ["done", "failed"].includes(store.find("a")?.state ?? "");
const ask = (store: JobStore, workflow = "work") =>
  store.enqueue({ id: "a", workflow, input: { n: 1 }, nowUs: 0 });

Deno.test("a step that is done is not done again when a later one fails and is tried again", async () => {
  using store = new JobStore();
  const done: string[] = [];
  ask(store);
  const events: JsonRecord[] = [];
  const workflow = workflowOf(async ({ step }) => {
    const first = await step("first", () => Promise.resolve({ n: done.push("first") }));
    await step("second", () => {
      done.push("second");
      if (done.length < 4) return Promise.reject(new ArchiveError("AWAY", "away", RETRYABLE));
      return Promise.resolve(first);
    });
  });
  const runner = runnerOf(store, workflow, events);
  runner.start();
  await until(() => isOver(store));
  await runner.close();
  assert.deepEqual(done, ["first", "second", "second", "second"]);
  const job = store.find("a");
  assert.deepEqual([job?.state, job?.attempts, job?.steps.map(({ result }) => result)], [
    ...["done", 3, [{ n: 1 }, { n: 1 }]],
  ]);
  assert.deepEqual(events.map(({ event }) => event), ["begun", "begun", "begun", "done"]);
});

Deno.test("what cannot be mended by waiting fails at once, what can after its tries", async () => {
  for (const [retryable, attempts] of [[false, 1], [true, 5]] as const) {
    using store = new JobStore();
    ask(store);
    const error = new ArchiveError("BAD", "bad", { hint: "mend it", retryable });
    const runner = runnerOf(store, workflowOf(() => Promise.reject(error)));
    runner.start();
    await until(() => isOver(store));
    await runner.close();
    const job = store.find("a");
    assert.deepEqual([job?.state, job?.attempts, job?.error], [
      ...["failed", attempts, { code: "BAD", message: "bad", hint: "mend it" }],
    ]);
  }
});

Deno.test("a runner that ends in the middle of a step leaves the job to the next one", async () => {
  using store = new JobStore();
  ask(store);
  const done: string[] = [];
  const workflow = workflowOf(async ({ step, signal }) => {
    await step("first", () => Promise.resolve({ n: done.push("first") }));
    await step("second", async () => {
      done.push("second");
      if (done.length > 2) return {};
      return await new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      );
    });
  });
  const first = runnerOf(store, workflow);
  first.start();
  await until(() => done.length === 2);
  await first.close();
  assert.equal(store.find("a")?.state, "queued");
  const second = runnerOf(store, workflow);
  second.start();
  await until(() => isOver(store));
  await second.close();
  assert.deepEqual([store.find("a")?.state, done], ["done", ["first", "second", "second"]]);
});

Deno.test("cancelling breaks off the step that runs", async () => {
  using store = new JobStore();
  ask(store);
  let isRunning = false;
  const runner = runnerOf(
    store,
    workflowOf(async ({ step, signal }) => {
      await step("endless", () =>
        new Promise((_, reject) => {
          isRunning = true;
          signal.addEventListener("abort", () => reject(signal.reason));
        }));
    }),
  );
  runner.start();
  await until(() => isRunning);
  store.cancel("a", 1);
  await until(() => store.lines("a").some(({ message }) => message === "cancelled"));
  await runner.close();
  assert.equal(store.find("a")?.state, "cancelled");
});

Deno.test("a workflow that there is not fails with those that there are", async () => {
  using store = new JobStore();
  ask(store, "wrok");
  const runner = runnerOf(store, workflowOf(() => Promise.resolve()));
  runner.start();
  await until(() => isOver(store));
  await runner.close();
  assert.match(store.find("a")?.error?.hint ?? "", /There are: work$/);
});
