import assert from "node:assert/strict";
import { ALL_SYMBOLS, isBreak } from "@ssmd/market";
import { startSimulator } from "@ssmd/simulator";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { canMount, Tmpfs } from "../servers/tmpfs.ts";
import { eventually, Folder, Running, runSsmd, verify } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";
import { ENV, Rig } from "./_rig.ts";

const ignore = !canMount();
const FEEDS = ["kraken", "kalshi"] as const;
/** Longest that an end may take while the disk takes nothing. */
const END_MS_MAX = 120_000;

function spoolIsFull({ error }: Record<string, unknown>): boolean {
  return (error as { code?: string } | undefined)?.code === "SPOOL_FULL";
}

Deno.test({
  name:
    "on a full disk capture waits, says what to do, and goes on when there is room (needs root)",
  ignore,
  fn: async () => {
    await using disk = new Tmpfs(64);
    await using rig = await Rig.start({ dataDir: disk.path });
    await rig.allLive();
    disk.fill();
    const { level, error } = await rig.up.line(spoolIsFull);
    assert.equal(level, "error");
    assert.match((error as { hint: string }).hint, /Free space .*nothing accepted is lost/);
    for (const venue of FEEDS) {
      const counted = () => rig.metric("errors_total", venue, `,error_type="spool"`);
      await eventually("two tries counted", async () => await counted() >= 2);
    }
    const frames = await rig.metric("messages_received_total", "kraken");
    assert.equal((await fetch(`${await rig.up.url()}/v1/markets`)).status, 200);
    disk.free();
    await rig.up.until(
      "both spools again",
      () =>
        rig.up.lines.filter(({ message }) => message === "the spool can be written again")
          .length === 2,
    );
    await Promise.all([rig.records("kraken"), rig.records("kalshi")]);
    await eventually(
      "what came meanwhile",
      async () => await rig.metric("messages_received_total", "kraken") > frames + 100,
    );
    await rig.finish();
    assert.equal(rig.up.captured()["gaps"], 0, "frames waited: nothing is missing");
  },
});

Deno.test({
  name:
    "up ends on a full disk, says what is not archived, and the next start archives it (needs root)",
  ignore,
  fn: async () => {
    await using disk = new Tmpfs(64);
    await using rig = await Rig.start({ dataDir: disk.path });
    await rig.allLive();
    disk.fill();
    await rig.up.line(spoolIsFull);
    const { code, output } = await rig.up.stop("SIGINT", END_MS_MAX);
    assert.equal(code, 1);
    assert.match(output, /error: The archiver was closed before all records were in storage/);
    assert.match(output, /hint: +Nothing of it was acknowledged: the bus delivers it again/);
    const lost = await rig.up.line("its last lines are lost");
    assert.ok(Number(lost["lines"]) > 0, "how many are given up is told");
    disk.free();
    await using again = rig.next();
    for (const feed of FEEDS) {
      await again.line((line) =>
        /^gap.* recovered$/.test(line.message) && line["feed"] === feed &&
        line["symbol"] === ALL_SYMBOLS
      );
      await again.published(feed, "trade", 1);
    }
    assert.equal((await again.stop()).code, 0, again.output);
    const verified = await verify(disk.path);
    assert.equal(verified.code, 0, verified.output);
    for (const feed of FEEDS) {
      const gaps = await rig.archivedGaps(feed);
      const all = gaps.filter(isBreak);
      assert.equal(all.length, 2, `${feed}: the time without room is one gap`);
      // Kraken's trade ids tell how many trades were missed in it.
      assert.ok(gaps.every(({ symbol, reason }) => symbol === "_all" || reason === "sequence"));
    }
    for (const { records } of verified.days) {
      assert.ok(records.trade > 0 && records.orderbook > 0);
    }
    await rig.rawIsWhatWasSent();
  },
});

Deno.test({
  name:
    "a start on a full disk ends with a sentence and what to do, after a kill as well (needs root)",
  ignore,
  fn: async () => {
    await using disk = new Tmpfs(64);
    await using rig = await Rig.start({ dataDir: disk.path });
    await rig.allLive();
    await rig.up.stop("SIGKILL");
    disk.fill();
    const { code, output } = await rig.again(["--for", "3s"]);
    assert.equal(code, 1, output);
    assert.match(output, /error: The disk of the spool \S+ is full/);
    assert.match(output, /hint: +Free space there and start again; what was accepted/);
    assert.match(output, /code: +SPOOL_FULL/);
    assert.doesNotMatch(output, /os error/);
    disk.free();
    const again = await rig.again(["--for", "1s"]);
    assert.equal(again.code, 0, again.output);
    const verified = await verify(disk.path);
    assert.equal(verified.code, 0, verified.output);
  },
});

Deno.test({
  name:
    "a connector on a full disk ends with how many frames it gives up, and starts when there is room (needs root)",
  ignore: ignore || !natsServerAvailable(),
  fn: async () => {
    await using disk = new Tmpfs(64);
    await using folder = new Folder();
    const nats = await startNatsServer();
    const source = { type: "model", seed: 1, symbols: [{ external: "BTC/USD" }] } as const;
    const simulator = await startSimulator({
      venue: "kraken",
      source: { ...source, ratePerSecond: 300 },
    });
    try {
      const feeds = { kraken: { symbols: { BTCUSD: "BTC/USD" }, endpoint: simulator.url } };
      await writeRegistry(folder.path, { name: "apart", feeds, natsUrl: nats.url });
      const start = () =>
        new Running(["--env", "apart", "--data", disk.path, "--metrics-port", "0"], {
          ...{ cwd: folder.path, service: "connector" },
        });
      await using capturing = start();
      await capturing.line("connected");
      disk.fill();
      await capturing.line(spoolIsFull);
      const { code, output } = await capturing.stop("SIGTERM", END_MS_MAX);
      assert.equal(code, 1, output);
      assert.match(output, /error: The spool could not be written .*: [1-9]\d* lines .* are lost/);
      assert.match(output, /code: +SPOOL_GIVEN_UP/);
      disk.free();
      await using again = start();
      await again.line("connected");
      assert.equal((await again.stop("SIGTERM")).code, 0, again.output);
    } finally {
      await simulator.close();
      await nats.stop();
    }
  },
});

Deno.test({
  name:
    "a start on a full disk ends with the same sentence where no run left anything (needs root)",
  ignore,
  fn: async () => {
    await using disk = new Tmpfs(1);
    disk.fill();
    const { code, output } = await runSsmd(["up", "--port", "0", "--data", disk.path]);
    assert.equal(code, 1, output);
    assert.match(output, /error: The disk of the spool \S+ is full/);
    assert.match(output, /code: +SPOOL_FULL/);
    assert.equal(output.includes('"connected"'), false, "nothing was begun");
  },
});

Deno.test({
  name: "up refuses a data folder that cannot be written, and says so (needs root)",
  ignore,
  fn: async () => {
    await using disk = new Tmpfs(1);
    disk.makeReadOnly();
    const { code, output } = await runSsmd(["up", "--port", "0", "--data", disk.path]);
    assert.equal(code, 1);
    assert.match(output, /error: The spool \S+ cannot be written/);
    assert.match(output, /hint: +Make the folder writable for this user, or choose another/);
    assert.match(output, /code: +SPOOL_READ_ONLY/);
    assert.equal(output.includes("connected"), false, "nothing was begun");
  },
});

Deno.test("up refuses a data folder that is a file, and says so", async () => {
  const path = await Deno.makeTempFile({ dir: "/tmp", prefix: `ssmd-e2e-${ENV}` });
  try {
    const { code, output } = await runSsmd(["up", "--port", "0", "--data", path]);
    assert.equal(code, 1);
    assert.match(output, /code: +SPOOL_UNUSABLE/);
    assert.match(output, /hint: +Name a folder that can be made and written with --data/);
  } finally {
    await Deno.remove(path);
  }
});
