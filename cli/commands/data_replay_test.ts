import assert from "node:assert/strict";
import { loadManifest, readRaw } from "@ssmd/archive";
import { decode } from "@ssmd/codec";
import { endProcess } from "@ssmd/runtime";
import { folderStorage } from "@ssmd/storage";
import { openTransport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import { ssmd, ssmdArgs, withArchive } from "../replay/_fixtures.ts";

const FEED = ["--feed", "kraken", "--data"];

Deno.test("at full speed all records come in order, as the gateway sends them", () =>
  withArchive("demo", async (dir) => {
    const { code, out, err } = await ssmd("data", "replay", ...FEED, dir, "--speed", "max");
    assert.deepEqual([code, err], [0, ""]);
    const records = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.equal(records.length, 1222);
    assert.ok(records.every(({ recv_ts }, i) => recv_ts >= (records[i - 1]?.recv_ts ?? 0)));
    const { type, symbol, feed, price } = records[0];
    assert.deepEqual([type, symbol, feed, price], ["trade", "BTCUSD", "kraken", 66000]);
  }));

Deno.test("span, types and symbols choose; --to takes the end of the span and where to", () =>
  withArchive("demo", async (dir) => {
    const { out } = await ssmd(
      ...["data", "replay", ...FEED, dir, "--speed", "max", "--type", "gap"],
      ...["--from", "2026-08-01T02:53:50Z", "--to", "2026-08-01T02:54:00Z", "--to", "stdout"],
    );
    const records = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.ok(records.length > 5 && records.every(({ type }) => type === "gap"));
    const twice = await ssmd("data", "replay", ...FEED, dir, "--to", "ws", "--to", "stdout");
    assert.deepEqual([twice.code, /REPLAY_TO/.test(twice.err)], [2, true]);
    const none = await ssmd("data", "replay", "--feed", "krakn", "--data", dir);
    assert.equal(none.code, 1);
    assert.match(none.err, /hint: {2}Did you mean "kraken"\?/);
  }));

Deno.test("of a damaged file everything before the damage comes, then the error with its place", () =>
  withArchive("demo", async (dir) => {
    const path = `${dir}/normalized/demo/kraken/v1/trade/2026/08/01/02-54.capnp.zst`;
    const bytes = await Deno.readFile(path);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 4;
    await Deno.writeFile(path, bytes);
    const { code, out, err } = await ssmd("data", "replay", ...FEED, dir, "--speed", "max");
    assert.equal(code, 1);
    const records = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.ok(records.length > 400 && records.every(({ recv_ts }) => recv_ts < 1785552891000));
    assert.match(err, /trade\/2026\/08\/01\/02-54\.capnp\.zst is damaged at byte \d+/);
  }));

Deno.test("a reader that goes away ends it quietly", () =>
  withArchive("demo", async (dir) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ssmdArgs("data", "replay", ...FEED, dir, "--speed", "20"),
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    const { code } = await child.status;
    const err = await new Response(child.stderr).text();
    assert.deepEqual([code, err], [0, ""]);
  }));

Deno.test("Ctrl-C ends it, whole lines and no error behind it", () =>
  withArchive("demo", async (dir) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ssmdArgs("data", "replay", ...FEED, dir),
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    let out = new TextDecoder().decode((await reader.read()).value);
    endProcess(child, "SIGINT");
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      out += new TextDecoder().decode(next.value);
    }
    const { code } = await child.status;
    assert.deepEqual([code, await new Response(child.stderr).text()], [0, ""]);
    for (const line of out.trimEnd().split("\n")) JSON.parse(line);
  }));

/** Frames of the first connection, as they were captured. */
async function framesOf(dir: string): Promise<string[]> {
  const storage = folderStorage(dir);
  const manifestId = { kind: "raw", env: "demo", feed: "kraken", day: "2026-08-01" } as const;
  const manifest = await loadManifest(storage, manifestId);
  const frames: string[] = [];
  for (const { key, connection } of manifest?.files ?? []) {
    if (connection !== "m1abc-1") continue;
    for await (const line of readRaw(storage, key)) {
      if (line.kind === "frame") frames.push(line.text);
    }
  }
  await storage.close();
  return frames;
}

Deno.test("a client of the venue gets the frames as the exchange sent them", () =>
  withArchive("demo", async (dir) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ssmdArgs("data", "replay", ...FEED, dir, "--to", "ws", "--speed", "max"),
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    while (!/ws:\/\/\S+\s/.test(said)) {
      const { value, done } = await lines.read();
      assert.ok(!done, said);
      said += value;
    }
    const url = /ws:\/\/\S+/.exec(said)?.[0] ?? "";
    const frames: string[] = [];
    const socket = new WebSocket(url);
    const params = { channel: "trade", symbol: ["BTC/USD"], snapshot: false };
    socket.onopen = () => socket.send(JSON.stringify({ method: "subscribe", params }));
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.onmessage = ({ data }) => void frames.push(data);
    await closed;
    assert.equal((await child.status).code, 0);
    while (!(await lines.read()).done);
    const notes = await new Response(child.stderr).text();
    assert.match(notes, /597 frames of 1 connection/);
    const trades = (await framesOf(dir)).filter((text) => text.includes('"channel":"trade"'));
    assert.deepEqual(frames.filter((text) => text.includes('"trade_id"')), trades);
  }));

Deno.test("a day without records says so and ends with 1, wherever it was to go", () =>
  withArchive("demo", async (dir) => {
    for (const target of ["stdout", "ws"]) {
      const { code, out, err } = await ssmd(
        ...["data", "replay", ...FEED, dir, "--date", "2026-08-03", "--to", target],
      );
      assert.deepEqual([code, out], [1, ""], err);
      assert.match(
        err,
        /There are no (such records of kraken in demo|raw frames of demo.kraken in this span)/,
      );
    }
    const odd = await ssmd("data", "replay", ...FEED, dir, "--symbol", "BTCUSDT");
    assert.equal(odd.code, 1);
    assert.match(odd.err, /no records of "BTCUSDT" in demo[^]*Did you mean "BTCUSD"/);
  }));

Deno.test("from a day to the same day is that day", () =>
  withArchive("demo", async (dir) => {
    const span = (...flags: string[]) =>
      ssmd("data", "replay", ...FEED, dir, "--speed", "max", ...flags);
    const whole = await span("--date", "2026-08-01");
    const same = await span("--from", "2026-08-01", "--to", "2026-08-01");
    assert.deepEqual([same.code, same.out.length], [0, whole.out.length]);
  }));

Deno.test("a query for a symbol that there is not names the one that was meant; a pattern is refused", () =>
  withArchive("demo", async (dir) => {
    const unknown = await ssmd("query", "trades", "BTCUSDT", "--data", dir);
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /Did you mean "BTCUSD"/);
    const pattern = await ssmd("query", "trades", "BTC*", "--data", dir);
    assert.equal(pattern.code, 2);
    assert.match(pattern.err, /whole name/);
    const later = await ssmd("query", "trades", "BTCUSD", "--data", dir, "--from", "2026-08-03");
    assert.equal(later.code, 0);
  }));

Deno.test("records are published under another name than the live environment's", {
  ignore: !natsServerAvailable(),
}, async () => {
  const server = await startNatsServer();
  try {
    await withArchive("demo", (dir) => assertPublished(dir, server.url));
  } finally {
    await server.stop();
  }
});

async function assertPublished(dir: string, url: string): Promise<void> {
  const registry = `${dir}/exchanges`;
  await copyRegistry(registry, url);
  const flags = ["--dir", registry, "--env", "demo", "--speed", "max", "--to", "transport"];
  const { code, out, err } = await ssmd("data", "replay", ...FEED, dir, ...flags);
  assert.deepEqual([code, out, err], [0, "", "1222 records published as demo-replay.kraken.>\n"]);
  const found = await publishedIn("demo-replay", url);
  assert.equal(found.length, 1222);
  const live = await ssmd("data", "replay", ...FEED, dir, ...flags, "--as", "kraken");
  assert.deepEqual([live.code, /REPLAY_INTO_LIVE/.test(live.err)], [2, true]);
}

/** The repository's registry, where `demo` has the bus of the test. */
async function copyRegistry(to: string, url: string): Promise<void> {
  const from = new URL("../../exchanges/", import.meta.url).pathname;
  for (const folder of ["feeds", "schemas", "environments", "calendars", "policies", "qa"]) {
    await Deno.mkdir(`${to}/${folder}`, { recursive: true });
    for await (const { name, isFile } of Deno.readDir(`${from}${folder}`)) {
      if (isFile) await Deno.copyFile(`${from}${folder}/${name}`, `${to}/${folder}/${name}`);
    }
  }
  const path = `${to}/environments/demo.yaml`;
  const text = await Deno.readTextFile(path);
  const bus = `transport: { type: nats, url: "${url}" }`;
  await Deno.writeTextFile(path, text.replace(/^transport:.*$/m, bus));
}

async function publishedIn(env: string, url: string) {
  const transport = await openTransport({ type: "nats", url }, { env });
  try {
    const { lastSequence } = await transport.state();
    const found = [];
    const query = { filters: [`${env}.>`], from: { sequence: 1 }, toSequence: lastSequence };
    for await (const batch of transport.read(query)) {
      for (const { subject, payload } of batch) {
        const type = subject.split(".")[2] as "trade";
        found.push(decode(type, payload));
      }
    }
    return found;
  } finally {
    await transport.close();
  }
}
