import assert from "node:assert/strict";
import { announceRunning, type RunningProcess, runningProcesses } from "./running_file.ts";

function processOf(pid: number, second: number): RunningProcess {
  const started_at = `2026-11-28T10:00:0${second}.000Z`;
  return { env: "demo", component: "up", pid, url: `http://127.0.0.1:${pid}`, started_at };
}

Deno.test("who runs is found, the newest first, until it says that it has ended", async () => {
  const dir = await Deno.makeTempDir();
  try {
    assert.deepEqual(await runningProcesses(dir, "demo"), []);
    const first = await announceRunning(dir, processOf(11, 1));
    const second = await announceRunning(dir, processOf(12, 2));
    assert.deepEqual((await runningProcesses(dir, "demo")).map(({ pid }) => pid), [12, 11]);
    assert.deepEqual(await runningProcesses(dir, "dem"), []);
    await second();
    assert.deepEqual(await runningProcesses(dir, "demo"), [processOf(11, 1)]);
    await first();
    assert.deepEqual(await Array.fromAsync(Deno.readDir(`${dir}/running`)), []);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("the file of a process that was killed is nobody, and goes with the next start", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${dir}/running`);
    const left = `${dir}/running/demo-up-13.json`;
    await Deno.writeTextFile(left, JSON.stringify(processOf(13, 3)));
    assert.deepEqual(await runningProcesses(dir, "demo"), []);
    const end = await announceRunning(dir, processOf(14, 4));
    await assert.rejects(Deno.stat(left), Deno.errors.NotFound);
    await end();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
