import assert from "node:assert/strict";
import { openDays, openJobs } from "@ssmd/jobs";
import type { Environment } from "@ssmd/metadata";
import { nowUs } from "@ssmd/runtime";
import { jobProblems } from "./job_problems.ts";

const ENVIRONMENT = { name: "demo" } as Environment;
const HOUR_US = 3_600_000_000;

Deno.test("failed jobs, overdue jobs and schedules, and days that hang are problems", async () => {
  const dataDir = await Deno.makeTempDir();
  assert.deepEqual(await jobProblems(ENVIRONMENT, dataDir), []);
  const now = nowUs();
  {
    using jobs = await openJobs(dataDir, "demo");
    jobs.enqueue({ id: "seal", workflow: "seal", input: {}, nowUs: 1 });
    jobs.claim(2);
    const error = { code: "X", message: "the disk is full", hint: "" };
    jobs.end("seal", "failed", { nowUs: 3, error });
    jobs.enqueue({ id: "late", workflow: "seal", input: {}, nowUs: now - 2 * HOUR_US });
    jobs.enqueue({ id: "soon", workflow: "seal", input: {}, nowUs: now });
    jobs.saveLastAt("end-days", now - 72 * HOUR_US);
    jobs.saveLastAt("verify", 1);
    jobs.pauseSchedule("verify", true);
    using days = await openDays(dataDir, "demo");
    const day = { feed: "kraken", to: "ending", job: "end" } as const;
    days.claim({ ...day, day: "2026-08-01", nowUs: now - 2 * HOUR_US });
    days.claim({ ...day, day: "2026-08-02", nowUs: now });
  }
  const problems = await jobProblems(ENVIRONMENT, dataDir);
  assert.deepEqual(problems.map((each) => each.replace(/due .*/, "due")), [
    "job seal failed: the disk is full: ssmd job retry seal",
    "job late was due",
    "schedule end-days was due",
    "kraken 2026-08-01 is ending for over an hour: ssmd day recover",
  ]);
  await Deno.remove(dataDir, { recursive: true });
});
