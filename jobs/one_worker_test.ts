import assert from "node:assert/strict";

const MAIN = new URL("main.ts", import.meta.url).pathname;

interface Worker {
  process: Deno.ChildProcess;
  /** Resolves with all that it said when it runs jobs or has ended. */
  settled: Promise<string>;
}

function startWorker(dataDir: string): Worker {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--frozen", "--no-check", MAIN, "--env", "demo-nats"],
      ...["--data", dataDir, "--metrics-port", "0"],
    ],
    ...{ stdout: "piped", stderr: "piped" },
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

Deno.test("of two workers on a folder the second is refused with who holds it; after a kill it runs", async () => {
  const dataDir = await Deno.makeTempDir();
  const first = startWorker(dataDir);
  assert.match(await first.settled, /running jobs/);
  const second = startWorker(dataDir);
  const said = await second.settled;
  assert.equal((await second.process.status).success, false);
  assert.match(said, new RegExp(`process ${first.process.pid} on .* runs the jobs of`));
  first.process.kill("SIGKILL");
  await first.process.status;
  const third = startWorker(dataDir);
  assert.match(await third.settled, /running jobs/);
  third.process.kill("SIGTERM");
  await third.process.status;
  await Deno.remove(dataDir, { recursive: true });
});
