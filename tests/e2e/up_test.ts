import assert from "node:assert/strict";
import { ALL_SYMBOLS, type Gap, isBreak } from "@ssmd/market";
import { recordsIn } from "./_archived.ts";
import { type Ended, eventually, Folder, RunningUp, runSsmd, verify } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";
import { Stream } from "./_stream.ts";

/** Promise of the acceptance: live data this soon after the packages are there … */
const LIVE_MS_MAX = 20_000;
/** … on a machine that is not slow; else in the time in which it starts a program so many times. */
const LIVE_LAUNCHES_MAX = 30;

/** How long this machine needs now to start a program that does nothing, ms. */
async function launchMs(): Promise<number> {
  const startedMs = performance.now();
  await runSsmd(["version"]);
  return performance.now() - startedMs;
}

/** The names that design.md §4 promises; a scrape must show each of them. */
const METRICS = [
  "ssmd_connector_messages_received_total",
  "ssmd_connector_messages_published_total",
  "ssmd_connector_lag_seconds",
  "ssmd_connector_errors_total",
  "ssmd_connector_websocket_reconnects_total",
  "ssmd_connector_receive_to_publish_seconds",
  "ssmd_archiver_bytes_written_total",
  "ssmd_archiver_files_written_total",
  "ssmd_archiver_lag_seconds",
  "ssmd_archiver_receive_to_file_seconds",
  "ssmd_gateway_clients_connected",
  "ssmd_gateway_messages_sent_total",
  "ssmd_gateway_messages_dropped_total",
  "ssmd_gateway_slow_consumers",
  "ssmd_gateway_subscriptions_active",
  "ssmd_gateway_latency_seconds",
];

interface Market {
  symbol: string;
  feed: string;
  last_price: number | null;
  bid_price: number | null;
  ask_price: number | null;
  book: string;
  gap: unknown;
}

async function json<T>(url: string): Promise<T> {
  const response = await fetch(url);
  const text = await response.text();
  assert.equal(response.status, 200, `${url}: ${text}`);
  return JSON.parse(text) as T;
}

const FEEDS = ["kraken", "kalshi"] as const;

/**
 * Checks that each feed's archive has one time between two runs, begun on purpose and over. A demo's
 * venue begins anew with each run, so a market of it may have a gap of its own beside.
 */
async function stoppedOnceOnPurpose(dataDir: string): Promise<void> {
  for (const feed of FEEDS) {
    const gaps = await recordsIn(dataDir, "demo", feed, ["gap"]) as Gap[];
    for (const { reason } of gaps) assert.equal(reason, "planned", feed);
    const between = gaps.filter(isBreak);
    assert.deepEqual(between.map(({ recovered }) => recovered), [false, true], feed);
    for (const { detail } of between) assert.match(detail, /(^|: )stopped: \d{4}-/);
  }
}

/** Waits until the time since the run before is over, for each feed. */
async function goesOn(up: RunningUp): Promise<void> {
  for (const wanted of FEEDS) {
    await up.line(({ message, feed, symbol }) =>
      message === "gap of a stop on purpose recovered" && feed === wanted && symbol === ALL_SYMBOLS
    );
  }
}

/** Waits until every market has a price on both sides. */
function priced(url: string): Promise<Market[]> {
  return eventually("a price of every market", async () => {
    const { markets } = await json<{ markets: Market[] }>(`${url}/v1/markets`);
    const isLive = (market: Market) => market.bid_price !== null && market.ask_price !== null;
    return markets.length === 7 && markets.every(isLive) && markets;
  });
}

Deno.test("up shows live data of both venues within 20 s of its start, and a signal seals all of it", async () => {
  await using data = new Folder();
  const beforeMs = await launchMs();
  const startedMs = performance.now();
  await using up = new RunningUp(["--data", data.path]);
  const url = await up.url();
  const markets = await priced(url);
  const liveMs = performance.now() - startedMs;
  const launchesMs = LIVE_LAUNCHES_MAX * Math.max(beforeMs, await launchMs());
  assert.ok(liveMs < Math.max(LIVE_MS_MAX, launchesMs), `live after ${liveMs} ms`);
  assert.deepEqual(new Set(markets.map(({ feed }) => feed)), new Set(["kraken", "kalshi"]));
  for (const { symbol, bid_price, ask_price } of markets) {
    assert.ok((bid_price as number) < (ask_price as number), `${symbol} is crossed`);
  }
  await streams(url, "BTCUSD");
  await streams(url, "KXSIMBTC-26DEC31-T99999.99");
  await showsPage(url);
  const scrape = await eventually("the connector's lag", async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return text.includes(`ssmd_connector_lag_seconds{feed="kraken"}`) && text;
  });
  for (const name of METRICS) assert.match(scrape, new RegExp(`^# TYPE ${name} `, "m"));
  const { code } = await up.stop("SIGINT");
  assert.equal(code, 0, up.output);
  const said = up.captured();
  assert.equal(said["why"], "SIGINT");
  const verified = await verify(data.path);
  assert.equal(verified.code, 0, verified.output);
  // A signal of the demo may have fired: that is no record of a venue.
  const records = verified.days.flatMap(({ records: { fire: _, action: __, ...ofVenues } }) =>
    Object.values(ofVenues)
  );
  assert.equal(records.reduce((sum, count) => sum + count, 0), said["records"]);
  assert.equal(said["archived"], said["records"]);
  assert.equal(verified.days.reduce((sum, { raw_frames: some }) => sum + some, 0), said["frames"]);
  assert.ok(Number(said["frames"]) > 50);
});

async function streams(url: string, symbol: string): Promise<void> {
  await using stream = new Stream(url, `symbols=${symbol}&types=trade,orderbook,ticker`);
  const snapshot = await stream.next(({ kind }) => kind === "snapshot");
  assert.equal(snapshot["symbol"], symbol);
  assert.ok((snapshot["bids"] as unknown[]).length > 0);
  await stream.next(({ kind }) => kind === "delta");
  await stream.next(({ type }) => type === "trade");
  const books = stream.messages.filter(({ type }) => type === "orderbook");
  assert.equal(books[0], snapshot, "a book begins with its snapshot");
}

async function showsPage(url: string): Promise<void> {
  const page = await fetch(`${url}/`);
  assert.equal(page.status, 200);
  assert.match(page.headers.get("content-type") ?? "", /text\/html/);
  const html = await page.text();
  for (const [, path = ""] of html.matchAll(/(?:src|href)="([^"#:]+)"/g)) {
    const part = await fetch(new URL(path, `${url}/`));
    assert.equal(part.status, 200, path);
    assert.ok((await part.arrayBuffer()).byteLength > 0, path);
  }
}

Deno.test("a second up on the same data records the time between as a gap on purpose, and all verifies", async () => {
  await using data = new Folder();
  await using first = new RunningUp(["--data", data.path]);
  await priced(await first.url());
  assert.equal((await first.stop("SIGTERM")).code, 0, first.output);
  assert.equal(first.captured()["gaps"], 0);
  await using second = new RunningUp(["--data", data.path]);
  const url = await second.url();
  await goesOn(second);
  await eventually("an end of the gap", async () => {
    const [market] = await priced(url);
    return market?.gap === null;
  });
  assert.equal((await second.stop("SIGTERM")).code, 0, second.output);
  const verified = await verify(data.path);
  assert.equal(verified.code, 0, verified.output);
  await stoppedOnceOnPurpose(data.path);
});

Deno.test("up ends by itself when its time is over", async () => {
  await using data = new Folder();
  await using up = new RunningUp(["--data", data.path, "--for", "1s"]);
  assert.equal((await up.end()).code, 0, up.output);
  assert.equal(up.captured()["why"], "time is over");
});

Deno.test("of two up on one data folder the second refuses at once, and the first goes on", async () => {
  await using data = new Folder();
  await using first = new RunningUp(["--data", data.path]);
  await first.endpoint("kalshi");
  const second = await runSsmd(["up", "--port", "0", "--data", data.path]);
  assert.equal(second.code, 1);
  assert.match(second.output, /code: +ARCHIVER_RUNNING/);
  assert.match(second.output, new RegExp(`error: .*process ${first.pid} on .* archives "demo"`));
  assert.doesNotMatch(second.output, /waits/);
  assert.match(second.output, /hint: +Stop it first, or choose another folder with --data/);
  await priced(await first.url());
  const status = async () => {
    const { output } = await runSsmd(["status", "--data", data.path, "--output", "json"]);
    return JSON.parse(output.slice(output.indexOf("{")));
  };
  assert.equal((await status()).process.pid, first.pid);
  assert.equal((await first.stop()).code, 0, first.output);
  // With the rights of the launcher it reads the disk as well.
  assert.ok((await status()).archive.free_bytes > 0);
  assert.equal((await verify(data.path)).code, 0);
});

Deno.test("up says so when its port is in use, and ends with 1", async () => {
  await using data = new Folder();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const args = ["up", "--port", String(taken.addr.port), "--data", data.path];
  const { code, output } = await runSsmd(args);
  assert.equal(code, 1);
  assert.match(output, /code: +PORT_IN_USE/);
  assert.match(output, new RegExp(`error: .*${taken.addr.port}`));
  assert.match(output, /hint: +\S/);
});

Deno.test("without a registry up and what looks after it use the one that comes with ssmd", async () => {
  await using folder = new Folder();
  await using up = new RunningUp([], { cwd: folder.path });
  await up.line("running");
  for (const command of ["day history", "job list", "schedule pause end-days", "audit list"]) {
    const { code, output } = await runSsmd(command.split(" "), { cwd: folder.path });
    assert.equal(code, 0, output);
  }
  assert.equal((await up.stop()).code, 0);
  const { code, output } = await runSsmd(["up", "--dir", "."], { cwd: folder.path });
  assert.equal(code, 1);
  assert.match(output, /There is no registry in .*CONFIG_NOT_FOUND/s);
});

Deno.test("up ends with 1 and the nearest name for an environment that there is not", async () => {
  const { code, output } = await runSsmd(["up", "--env", "demoo"]);
  assert.equal(code, 1);
  assert.match(output, /There is no environment "demoo"/);
  assert.match(output, /Did you mean "demo"\?/);
});

Deno.test("up refuses a wrong environment with file, place and what would be right, before anything starts", async () => {
  await using folder = new Folder();
  await writeRegistry(folder.path, {
    name: "good",
    feeds: { kraken: { symbols: { A: "A/USD" } } },
  });
  const dir = `${folder.path}/exchanges/environments`;
  const good = await Deno.readTextFile(`${dir}/good.yaml`);
  const cases: Record<string, [text: string, said: RegExp]> = {
    malformed: ["name: malformed\nfeeds: [kraken\n  nonsense: {", /malformed\.yaml:\d+/],
    unknown: [good.replace(`"schema"`, `"shema"`), /unknown\.yaml:\d+[\s\S]*schema/],
    wrong: [good.replace(`"memory"`, "7"), /wrong\.yaml:\d+[\s\S]*memory, nats/],
    lonely: [good.replace(`[\n    "kraken"`, `[\n    "krakn"`), /lonely\.yaml:\d+[\s\S]*kraken/],
    alone: [good.replace(`"name": "good"`, `"name": "other"`), /alone\.yaml:\d+/],
  };
  for (const [name, [text]] of Object.entries(cases)) {
    await Deno.writeTextFile(`${dir}/${name}.yaml`, text.replace(`"good"`, `"${name}"`));
  }
  const ended = await Promise.all(
    Object.keys(cases).map((env) => runSsmd(["up", "--env", env], { cwd: folder.path })),
  );
  for (const [index, [name, [, said]]] of Object.entries(cases).entries()) {
    const { code, output } = ended[index] as Ended;
    assert.equal(code, 1, name);
    assert.match(output, said);
    assert.match(output, /code: +CONFIG_/);
    assert.equal(output.includes("listens"), false);
  }
});

Deno.test("up names the variables of a key that is missing", async () => {
  const { code, output } = await runSsmd(["up", "--env", "kalshi", "--port", "0"]);
  assert.equal(code, 1);
  assert.match(output, /code: +KEY_MISSING/);
  for (const field of ["KEY_ID", "PRIVATE_KEY"]) {
    assert.match(output, new RegExp(`SSMD_KEY_KALSHI_${field}`));
  }
});

Deno.test("up ends with 1 for a capture that there is not, and for one of no venue", async () => {
  await using data = new Folder();
  const missing = await runSsmd(["up", "--capture", `${data.path}/none.jsonl`]);
  assert.equal(missing.code, 1);
  assert.match(missing.output, /none\.jsonl/);
  await Deno.writeTextFile(`${data.path}/empty.jsonl`, "");
  await Deno.writeTextFile(`${data.path}/other.jsonl`, `{"t":"1","m":{"hello":"world"}}\n`);
  for (const name of ["empty", "other"]) {
    const { code, output } = await runSsmd(["up", "--capture", `${data.path}/${name}.jsonl`]);
    assert.equal(code, 1, output);
    assert.match(output, /code: +CAPTURE_EMPTY/);
    assert.match(output, /hint: +\S/);
  }
});

Deno.test("up ends with 2 for values that cannot be, before anything is started", async () => {
  const cases: [string[], RegExp][] = [
    [["--speed", "0"], /"0" is no value for speed: a speed is "max" or a number above 0/],
    [["--speed", "fast"], /"fast" is no value for speed/],
    [["--port", "x"], /"x" is no value for port: a port is a whole number from 0/],
    [["--port", "65536"], /"65536" is no value for port/],
    [["--for", "5"], /"5" is no duration: write a length of time above 0 with a unit, like 500ms/],
    [["--prot", "1"], /There is no flag "--prot"[\s\S]*Did you mean "--port"/],
  ];
  const ended = await Promise.all(cases.map(([flags]) => runSsmd(["up", ...flags])));
  for (const [index, [flags, said]] of cases.entries()) {
    assert.equal(ended[index]?.code, 2, flags.join(" "));
    assert.match(ended[index]?.output ?? "", said);
  }
});

Deno.test("two signals at once, as a group of processes gets them, are one: all is drained and sealed", async () => {
  await using data = new Folder();
  await using first = new RunningUp(["--data", data.path]);
  await priced(await first.url());
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.kill(first.pid, signal);
  const { code } = await first.end();
  assert.equal(code, 0, first.output);
  first.captured();
  await using second = new RunningUp(["--data", data.path]);
  await goesOn(second);
  assert.equal((await second.stop()).code, 0, second.output);
  const verified = await verify(data.path);
  assert.equal(verified.code, 0, verified.output);
  await stoppedOnceOnPurpose(data.path);
});
