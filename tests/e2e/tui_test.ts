import assert from "node:assert/strict";
import { hasProgram } from "../servers/certificates.ts";
import { freePort } from "../servers/free_port.ts";
import { eventually, Folder, RunningUp, runSsmd } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";
import { Terminal, type TerminalSize } from "./_tmux.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const SMALL = { columns: 80, rows: 24 };
const LARGE = { columns: 200, rows: 50 };

const isThere = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1" || await hasProgram("tmux", "-V");
const ignore = !isThere;
const why = ignore ? " (skipped: there is no tmux)" : "";

/** `ssmd tui` on a terminal of this size; what it ended with stands there afterwards. */
function tui(
  dir: string,
  size: TerminalSize,
  { env, cwd = ROOT, name = "demo" }: Partial<{
    env: Record<string, string>;
    cwd: string;
    name: string;
  }> = {},
): Promise<Terminal> {
  const line = `cd ${cwd}; stty -g > ${dir}/before;` +
    `${ROOT}cli/ssmd tui --env ${name} --data ${dir}/data; ` +
    `echo "ended with $?"; stty -g > ${dir}/after; read wait`;
  const socket = `${dir}/${size.columns}`;
  return Terminal.open(line, { ...size, socket, ...(env && { env }) });
}

/** The demo, with some seconds in its archive: the first minute's file of a run comes late. */
async function startUp({ path }: Folder): Promise<RunningUp> {
  await using before = new RunningUp(["--data", `${path}/data`]);
  for (const feed of ["kraken", "kalshi"]) await before.published(feed, "trade", 20);
  await before.stop();
  return new RunningUp(["--data", `${path}/data`]);
}

async function assertLeft(terminal: Terminal, dir: string): Promise<void> {
  const screen = await terminal.shows("ended with 0");
  assert.doesNotMatch(screen, /records\/s/, "its screen is gone");
  await eventually("the settings", async () => await read(`${dir}/after`) !== "");
  assert.equal(
    await read(`${dir}/after`),
    await read(`${dir}/before`),
    "the terminal is as before",
  );
}

function read(path: string): Promise<string> {
  return Deno.readTextFile(path).catch(() => "");
}

for (const size of [SMALL, LARGE]) {
  const at = `${size.columns}x${size.rows}`;
  Deno.test({ name: `ssmd tui shows the demo at ${at}, all views${why}`, ignore }, async () => {
    await using folder = new Folder();
    await using up = await startUp(folder);
    await up.url();
    await using terminal = await tui(folder.path, size);
    await terminal.shows(/>kraken +live +\d+ /);
    const feeds = await terminal.shows(/2 of 2 feeds live, \d+ records\/s/);
    const lines = feeds.trimEnd().split("\n");
    assert.equal(lines.length, size.rows);
    assert.match(lines.at(-1) ?? "", /^1\/2 +\/ filter +\? keys +q quit$/);

    await terminal.press("2");
    const before = await terminal.shows(/>BTCUSD +[\d.]+ +[\d.]+ +[\d.]+ +\d+m?s +open/);
    await terminal.shows((screen) => screen !== before && /KXSIMRAIN/.test(screen));
    await terminal.press("/", "x", "s", "i", "m");
    const found = await terminal.shows(/1\/4 of 7 with "xsim"/);
    assert.doesNotMatch(found, /BTCUSD +\d/);
    await terminal.press("Enter");
    await terminal.shows("q quit");
    await terminal.press("Enter");
    await terminal.shows(/book +live/);
    await terminal.press("x", "Escape");
    await terminal.shows(/>BTCUSD/);

    const views = [
      ["3", "No client is connected."],
      ["4", /disk: .* left of [\s\S]*kraken +\d{4}-/],
      ["5", /0 clock gaps in 24 hours[\s\S]*gateway, against this terminal/],
      ["6", /imbalance_flip +running/],
      ["7", /end-days: every day at 00:10 UTC, next /],
      ["8", /info +gateway listens/],
    ] as const;
    for (const [key, shown] of views) {
      await terminal.press(key);
      await terminal.shows(shown);
    }
    await terminal.press("?");
    await terminal.shows("back to the shell");
    await terminal.press("x", "/", "u", "r", "l", "=", "Enter");
    await terminal.shows(/with "url="/);

    const other = size === SMALL ? LARGE : SMALL;
    await terminal.resize(other);
    await terminal.shows((screen) =>
      screen.trimEnd().split("\n").length === other.rows && screen.includes("q quit")
    );
    await terminal.press("q");
    await assertLeft(terminal, folder.path);
  });
}

Deno.test({ name: `ssmd tui asks before it changes anything${why}`, ignore }, async () => {
  await using folder = new Folder();
  await using up = await startUp(folder);
  const url = await up.url();
  const { promise: closed, resolve } = Promise.withResolvers<number>();
  const notices: string[] = [];
  const client = new WebSocket(`${url.replace("http", "ws")}/v1/stream?symbols=BTCUSD&types=trade`);
  client.onclose = ({ code }) => resolve(code);
  client.onmessage = ({ data }) => notices.push(String(data));
  await using terminal = await tui(folder.path, SMALL);
  await terminal.press("3");
  await terminal.shows(/> *1 +- +healthy +realtime/);

  await terminal.press("d");
  await terminal.shows("Disconnect client 1 (127.0.0.1)?");
  await terminal.press("n");
  await terminal.shows("Nothing was done");
  assert.equal(client.readyState, WebSocket.OPEN);

  await terminal.press("m", "2");
  await terminal.shows("Send everything to client 1 (127.0.0.1) as conflated?");
  await terminal.press("y");
  await terminal.shows(/> *1 +- +healthy +conflated/);
  await eventually(
    "the notice",
    () => Promise.resolve(notices.some((notice) => notice.includes("mode_changed"))),
  );

  await terminal.press("b");
  await terminal.shows("Only a client with a key can be blocked or limited");

  await terminal.press("d", "y");
  await terminal.shows("No client is connected.");
  assert.equal(await closed, 4002);

  await terminal.press("4", "s");
  await terminal.shows("End and seal all days that are over, now?");
  await terminal.press("y");
  await terminal.press("7");
  await terminal.shows(/end-days\/\S+ +(queued|running|done)/);

  await terminal.press("4");
  await terminal.shows(/>kalshi +\d{4}-/);
  await terminal.press("p", "1");
  await terminal.shows(/Replay kalshi of .* here at speed 1\?/);
  await terminal.press("y");
  await terminal.shows(/"feed":"kalshi"/);
  await terminal.press("C-c");
  await terminal.shows("[4 storage]");
  await terminal.press("q");
  await assertLeft(terminal, folder.path);
});

Deno.test({ name: `ssmd tui waits for a gateway that is away${why}`, ignore }, async () => {
  await using folder = new Folder();
  // An environment whose own port nobody else has: where nothing runs, that is where it is looked for.
  await writeRegistry(folder.path, {
    ...{ name: "away", feeds: { kraken: { symbols: { BTCUSD: "BTC/USD" } } }, simulatedRate: 50 },
  });
  const path = `${folder.path}/exchanges/environments/away.yaml`;
  const file = JSON.parse(await Deno.readTextFile(path));
  await Deno.writeTextFile(path, JSON.stringify({ ...file, gateway: { port: freePort() } }));
  const started = () => new RunningUp(["--env", "away", "--data", "data"], { cwd: folder.path });
  await using terminal = await tui(folder.path, SMALL, {
    ...{ env: { NO_COLOR: "1" }, cwd: folder.path, name: "away" },
  });
  await terminal.shows("AWAY for");
  await using up = started();
  await terminal.shows(/>kraken +live/);
  assert.ok(!(await terminal.screen(true)).includes("\x1b["), "without colours");
  await terminal.press("8");
  await terminal.shows("gateway listens");
  await up.stop("SIGKILL");
  await terminal.shows("AWAY for");
  await using again = started();
  await again.url();
  await terminal.shows(/1 of 1 feeds live/);
  await terminal.shows("gateway listens");
  await terminal.press("C-c");
  await assertLeft(terminal, folder.path);
});

Deno.test("ssmd tui without a terminal says so and ends with 2", async () => {
  const { code, output } = await runSsmd(["tui"]);
  assert.equal(code, 2);
  assert.match(output, /TERMINAL_NEEDED|ssmd tui draws on a terminal, and here is none/);
});
