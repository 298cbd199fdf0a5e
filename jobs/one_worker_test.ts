import assert from "node:assert/strict";
import { startTemporalServer, temporalServerAvailable } from "../tests/servers/temporal_server.ts";
import { copyRegistry } from "./testing/copied_registry.ts";

const MAIN = new URL("main.ts", import.meta.url).pathname;
const REGISTRY = new URL("../exchanges", import.meta.url).pathname;

interface Worker {
  process: Deno.ChildProcess;
  /** Resolves with all that it said when it runs jobs or has ended. */
  settled: Promise<string>;
}

/** Starts a worker of demo-nats, as the registry of a folder has it. */
function startWorker(dataDir: string, cwd: string): Worker {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--frozen", "--no-check", MAIN, "--env", "demo-nats"],
      ...["--data", dataDir, "--metrics-port", "0"],
    ],
    ...{ cwd, stdout: "piped", stderr: "piped" },
  }).spawn();
  const settled = (async () => {
    let text = "";
    const errors = new Response(process.stderr).text();
    for await (const part of process.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (text.includes("running jobs")) return text;
    }
    return text + await errors;
  })();
  return { process, settled };
}

/** Asserts that a worker is refused with a sentence. */
async function assertRefused({ process, settled }: Worker, sentence: RegExp): Promise<void> {
  const said = await settled;
  assert.equal((await process.status).success, false);
  assert.match(said, sentence);
}

Deno.test("of two workers on a folder the second is refused with who holds it; after a kill it runs", async () => {
  const dataDir = await Deno.makeTempDir();
  const first = startWorker(dataDir, REGISTRY);
  assert.match(await first.settled, /running jobs/);
  const holder = new RegExp(`process ${first.process.pid} on .* runs the jobs of`);
  await assertRefused(startWorker(dataDir, REGISTRY), holder);
  first.process.kill("SIGKILL");
  await first.process.status;
  const third = startWorker(dataDir, REGISTRY);
  assert.match(await third.settled, /running jobs/);
  third.process.kill("SIGTERM");
  await third.process.status;
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test(
  "of two workers on a queue of Temporal the second is refused, on its folder and on another one",
  {
    ignore: !temporalServerAvailable(),
  },
  async () => {
    await using server = await startTemporalServer();
    const project = await copyRegistry((text) =>
      `${text}\nscheduler: { type: temporal, address: "${server.address}" }\n`
    );
    const [dataDir, other] = [`${project}/one`, `${project}/other`];
    const first = startWorker(dataDir, project);
    assert.match(await first.settled, /running jobs/);
    const { pid } = first.process;
    const holder = new RegExp(`process ${pid} on .* runs the jobs of`);
    await assertRefused(startWorker(dataDir, project), holder);
    const taker = new RegExp(
      `process ${pid} on .* does the jobs of Temporal's queue ssmd-demo-nats`,
    );
    await assertRefused(startWorker(other, project), taker);
    first.process.kill("SIGKILL");
    await first.process.status;
    const third = startWorker(dataDir, project);
    assert.match(await third.settled, /running jobs/);
    third.process.kill("SIGTERM");
    await third.process.status;
    await Deno.remove(project, { recursive: true });
  },
);
