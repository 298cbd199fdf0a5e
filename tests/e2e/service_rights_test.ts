import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { natsServerProgram, startNatsServer } from "../servers/nats_server.ts";
import { Folder } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const FEEDS = {
  kraken: { symbols: { BTCUSD: "BTC/USD" } },
  kalshi: { symbols: { "KXBTC-1": "KXBTC-1" } },
};
const YESTERDAY = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

/** Runs git in a folder, at noon of yesterday. */
async function git(dir: string, ...args: string[]): Promise<void> {
  const date = `${YESTERDAY}T12:00:00Z`;
  const { success, stderr } = await new Deno.Command("git", {
    args: ["-C", dir, "-c", "user.name=t", "-c", "user.email=t@t.example", ...args],
    env: { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** Starts a service as people do; gives what it wrote until it said `word`, and how to end it. */
async function start(cwd: string, word: string, program: string, ...args: string[]) {
  const child = new Deno.Command(`${ROOT}deploy/launch`, {
    ...{ args: [program, ...args], cwd, env: { NO_COLOR: "1" } },
    ...{ stdin: "null", stdout: "piped", stderr: "inherit" },
  }).spawn();
  let said = "";
  const lines = child.stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  while (!said.includes(word)) {
    const { value, done } = await lines.next();
    assert.ok(!done, `${program} ended: ${said}`);
    said += value;
  }
  const stop = async () => {
    child.kill("SIGTERM");
    while (!(await lines.next()).done);
    return (await child.status).code;
  };
  return { said, stop };
}

Deno.test("no service may run a program, but the connector chronyc", () => {
  const { connector, archiver, gateway } = config.permissions as Record<string, { run?: string[] }>;
  assert.deepEqual(connector?.run, ["/usr/bin/chronyc"]);
  assert.deepEqual([archiver?.run, gateway?.run], [undefined, undefined]);
});

Deno.test({
  name:
    "gateway and archiver start without the venue's key, and the gateway reads history without git",
  ignore: natsServerProgram() === undefined,
  fn: async () => {
    await using folder = new Folder();
    const nats = await startNatsServer();
    try {
      await writeRegistry(folder.path, { name: "apart", feeds: FEEDS, natsUrl: nats.url });
      await git(folder.path, "init", "-q");
      await git(folder.path, "add", "-A");
      await git(folder.path, "commit", "-qm", "registry");
      const archiver = await start(
        ...[folder.path, "archiving", "archiver", "--env", "apart", "--metrics-port", "0"] as const,
      );
      const gateway = await start(
        ...[folder.path, "serving", "gateway", "--env", "apart", "--port", "0"] as const,
      );
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(gateway.said) ?? [""];
      const answer = await fetch(`${url}/v1/meta/feeds?as_of=${YESTERDAY}`);
      const { origin } = await answer.json() as { origin: { commit?: string } };
      assert.match(origin.commit ?? "", /^[\da-f]{40}$/);
      assert.equal((await fetch(url)).status, 200);
      assert.deepEqual([await gateway.stop(), await archiver.stop()], [0, 0]);
      const refused = await new Deno.Command(`${ROOT}deploy/launch`, {
        args: ["connector", "--env", "apart", "--feed", "kalshi", "--metrics-port", "0"],
        cwd: folder.path,
        env: { NO_COLOR: "1" },
      }).output();
      assert.equal(refused.code, 2);
      assert.match(new TextDecoder().decode(refused.stderr), /KEY_MISSING/);
    } finally {
      await nats.stop();
    }
  },
});
