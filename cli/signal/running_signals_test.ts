import assert from "node:assert/strict";
import { announceRunning } from "@ssmd/runtime";
import { Project } from "../registry/project_fixtures.ts";

const WHY = "1 market: waits for a snapshot of the book";

/** A gateway that tells of one signal, in a project whose folder says where it is. */
async function withRunning(
  test: (project: Project, gateway: { url: string; status: number }) => Promise<void>,
): Promise<void> {
  const gateway = { url: "", status: 200 };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    assert.equal(new URL(request.url).pathname, "/v1/signals");
    const signal = {
      ...{ id: "wide_book", title: "t", version: 1, state: "running", why: WHY, feeds: [] },
      ...{ symbols: [], params: {}, source_hash: "other", fires: 3, errors: 0 },
      last_fire: 1795572000123.456,
    };
    const body = gateway.status === 200
      ? { signals: [signal], lag_seconds: 0, _hints: [] }
      : { code: "SIGNALS_AWAY", detail: "No service of signals answers", hint: "Start it" };
    return Response.json(body, { status: gateway.status });
  });
  gateway.url = `http://127.0.0.1:${server.addr.port}`;
  try {
    await Project.use(async (project) => {
      await project.ok("init", "--demo");
      await project.ok("signal", "new", "wide_book");
      await test(project, gateway);
    });
  } finally {
    await server.shutdown();
  }
}

async function runningOf(project: Project, ...flags: string[]): Promise<unknown[]> {
  const list = await project.json("signal", "list", ...flags) as { id: string; running: unknown }[];
  const one = await project.json("signal", "show", "wide_book", ...flags) as { running: unknown };
  const own = list.find(({ id }) => id === "wide_book");
  assert.ok(list.filter(({ id }) => id !== "wide_book").every(({ running }) => running === null));
  return [own?.running, one.running];
}

Deno.test("signals are shown as the environment that runs on this machine tells them", () =>
  withRunning(async (project, { url }) => {
    assert.deepEqual(await runningOf(project), [null, null]);
    const leave = await announceRunning(`${project.dir}/data`, {
      ...{ env: "demo", component: "up", pid: Deno.pid, url },
      started_at: "2026-11-28T10:00:00Z",
    });
    const running = {
      ...{ env: "demo", state: "running", why: WHY, is_current: false, fires: 3, errors: 0 },
      last_fire: "2026-11-25T02:00:00.123456Z",
    };
    assert.deepEqual(await runningOf(project), [running, running]);
    const table = await project.ok("signal", "list");
    assert.match(table, /WHY/);
    await leave();
    assert.ok(!/WHY/.test(await project.ok("signal", "list")));
    assert.deepEqual(await runningOf(project, "--url", url), [running, running]);
  }));

Deno.test("an environment that is named must answer; one that was found is left out with a notice", () =>
  withRunning(async (project, gateway) => {
    gateway.status = 503;
    const named = await project.ssmd("signal", "list", "--url", gateway.url);
    assert.equal(named.code, 1);
    assert.match(named.stderr, /SIGNALS_AWAY/);
    const leave = await announceRunning(`${project.dir}/data`, {
      ...{ env: "demo", component: "up", pid: Deno.pid, url: gateway.url },
      started_at: "2026-11-28T10:00:00Z",
    });
    const found = await project.ssmd("signal", "list");
    assert.equal(found.code, 0);
    assert.match(found.stderr, /How signals run in demo is unknown: No service of signals answers/);
    await leave();
  }));
