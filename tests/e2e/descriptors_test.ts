import assert from "node:assert/strict";
import { Folder, RunningUp, verify } from "./_process.ts";

const DESCRIPTORS_MAX = 1024;
const IDLE = 1200;

async function isHealthy(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(120_000) });
  await answer.text();
  return answer.ok;
}

Deno.test("up with few descriptors answers beside more idle connections than it may open, and after them", async () => {
  await using folder = new Folder();
  await using up = new RunningUp(["--data", folder.path], { descriptorsMax: DESCRIPTORS_MAX });
  const url = await up.url();
  const { level } = await up.line("fewer clients may connect");
  assert.equal(level, "warn");
  await up.line("connected");
  const { hostname, port } = new URL(url);
  const idle: Deno.TcpConn[] = [];
  for (let i = 0; i < IDLE; i++) {
    idle.push(await Deno.connect({ hostname, port: Number(port) }));
    if (i % 200 === 0) assert.ok(await isHealthy(url), `beside ${i} idle connections`);
  }
  assert.ok(await isHealthy(url), "beside all of them");
  for (const each of idle) each.close();
  assert.ok(await isHealthy(url), "after them");
  assert.equal((await up.stop()).code, 0, up.output);
  assert.doesNotMatch(up.output, /Too many open files|was not caught/);
  assert.equal(up.captured()["gaps"], 0, "capture went on");
  const verified = await verify(folder.path);
  assert.equal(verified.code, 0, verified.output);
});
