/** Starts, rolls and ends a trading day with kills; one test body for all runners. @module */
import assert from "node:assert/strict";
import { changeManifest, loadManifest } from "@ssmd/archive";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";
import { verifyArchive } from "@ssmd/dataset/verify";
import { fileJournal } from "@ssmd/journal";
import { announceRunning, nowUs } from "@ssmd/runtime";
import { folderStorage } from "@ssmd/storage";
import { openDays } from "../job_service.ts";
import { END_DAY } from "../workflows/end_day.ts";
import { ROLL_DAY } from "../workflows/roll_day.ts";
import { START_DAY } from "../workflows/start_day.ts";
import { type KillBench, runKilled } from "./kill_bench.ts";

const DAY = "2026-08-01";
const NEXT = "2026-08-02";
const START_STEPS = ["registry", "connect", "archiver", "gateway", "health", "record"];
const END_STEPS = ["drain", "verify", "seal", "check", "retention", "record"];
/** Kill points within a step; see `killed_jobs.ts`. */
const POINTS = ["begins", "worked", "done"];
/** Whether to kill at all points of all steps. */
const IS_LONG = Deno.env.get("SSMD_DAY_KILLS") === "all";

/** Options of {@linkcode DayKills}. */
interface DayKillOptions extends KillBench {
  /** In the short form, use one of this many points. */
  oneOf: number;
}

/** Serves a fake gateway that reports every component ready. */
async function wellServices(dataDir: string): Promise<AsyncDisposable> {
  const answers: Record<string, unknown> = {
    "/health": { status: "ok" },
    "/health/ready": { ready: true, reasons: [], conditions: [] },
    "/v1/feeds": { feeds: [{ feed: "kraken", connection: { state: "live", why: null } }] },
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => Response.json(answers[new URL(request.url).pathname]),
  );
  const leave = await announceRunning(dataDir, {
    ...{ env: "demo", component: "up", pid: Deno.pid, started_at: new Date().toISOString() },
    url: `http://127.0.0.1:${server.addr.port}`,
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await leave();
      await server.shutdown();
    },
  };
}

/** Kills processes during a day's start, roll and end, and checks the state after each. */
export class DayKills {
  #bench: DayKillOptions;

  constructor(bench: DayKillOptions) {
    this.#bench = bench;
  }

  /** Runs the test; throws AssertionError. */
  async run(): Promise<void> {
    const storage = folderStorage(this.#bench.dataDir);
    try {
      await fillArchive(storage, "demo");
      {
        await using _services = await wellServices(this.#bench.dataDir);
        await this.#survive({ job: "start", steps: START_STEPS }, START_DAY.name, {
          ...{ feed: "kraken", day: DAY },
        });
        assert.equal(await this.#stateOf(DAY), "active");
        await this.#roll(storage);
      }
      await this.#assertBalanced(storage);
      await fillArchive(storage, "demo", NEXT);
      await this.#survive({ job: "end", steps: END_STEPS }, END_DAY.name, {
        ...{ feed: "kraken", version: "v1", day: NEXT },
      });
      assert.equal(await this.#stateOf(NEXT), "complete");
      await this.#assertBalanced(storage);
    } finally {
      await storage.close();
    }
  }

  async #roll(storage: ReturnType<typeof folderStorage>): Promise<void> {
    const manifestId = { kind: "normalized", env: "demo", feed: "kraken", day: DAY } as const;
    const before = await loadManifest(storage, manifestId);
    await changeManifest(storage, manifestId, {
      change: (manifest) => ({ ...manifest, status: "complete" }),
    });
    await this.#survive({ job: "roll", steps: ["registry", "mark", ...END_STEPS] }, ROLL_DAY.name, {
      ...{ feed: "kraken", version: "v1", day: DAY, next: NEXT },
    });
    assert.deepEqual([await this.#stateOf(DAY), await this.#stateOf(NEXT)], ["complete", "active"]);
    const after = await loadManifest(storage, manifestId);
    // Retention removed its records; the manifest keeps their gaps.
    assert.ok(after?.expired !== undefined);
    assert.deepEqual(after.gaps, before?.gaps);
  }

  /** Runs a job through all kills to completion; each step is done once, under one token. */
  async #survive(
    { job, steps }: { job: string; steps: readonly string[] },
    workflow: string,
    input: Record<string, string>,
  ): Promise<void> {
    {
      using board = await this.#bench.openBoard();
      await board.enqueue({ id: job, workflow, input, nowUs: nowUs() });
    }
    for (const point of this.#pointsOf(steps)) {
      assert.equal(
        await runKilled(this.#bench, { job, point }),
        null,
        `${job}: not killed at ${point}`,
      );
    }
    assert.equal(await runKilled(this.#bench, { job, point: "" }), 0);
    using board = await this.#bench.openBoard();
    const found = await board.find(job);
    assert.equal(found?.state, "done", JSON.stringify(found?.error));
    await this.#assertDoneOnce(job, steps);
  }

  /** Returns the kill points of the steps. */
  #pointsOf(steps: readonly string[]): string[] {
    const { oneOf } = this.#bench;
    return steps.flatMap((step) => POINTS.map((at) => `${step} ${at}`))
      .filter((_, i) => IS_LONG || i % oneOf === 1);
  }

  async #assertDoneOnce(job: string, steps: readonly string[]): Promise<void> {
    const journal = await fileJournal(`${this.#bench.dataDir}/journal`);
    const done: unknown[] = [];
    const tokens = new Set<unknown>();
    for await (const { record } of journal.read("demo.day.events")) {
      if (record["job"] !== job) continue;
      tokens.add(record["token"]);
      if (record["event"] === "done") done.push(record["step"]);
    }
    await journal.close();
    assert.deepEqual(done, steps);
    assert.equal(tokens.size, 1);
  }

  async #stateOf(day: string): Promise<string> {
    using days = await openDays(this.#bench.dataDir, "demo");
    return days.find("kraken", day).state;
  }

  async #assertBalanced(storage: ReturnType<typeof folderStorage>): Promise<void> {
    assert.deepEqual((await verifyArchive(storage, { env: "demo" })).problems, []);
  }
}
