import assert from "node:assert/strict";
import { hasProgram } from "../servers/certificates.ts";
import { eventually, Folder } from "./_process.ts";
import { withMarkets } from "./_published_markets.ts";
import { Terminal } from "./_tmux.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const MARKETS = 2000;
const CLIENTS = 100;
const FRAMES = 100;
/** Begin of a frame: what it writes comes to the screen at once. */
const FRAME = "\x1b[?2026h";
/** Processor time of a frame, that ten of them a second leave half of a core, s. */
const FRAME_S_MAX = 0.05;
const TICKS_PER_SECOND = 100;

const isThere = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1" || await hasProgram("tmux", "-V");

/** Processor time of a process and of all below it, s. */
function cpuSecondsOf(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const own = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim();
  const pids = children === "" ? [] : children.split(" ").map(Number);
  return pids.reduce((sum, each) => sum + cpuSecondsOf(each), own);
}

/** A hundred connections, each with some of the markets. */
async function connectClients(url: string): Promise<WebSocket[]> {
  const clients = Array.from(
    { length: CLIENTS },
    () =>
      new WebSocket(`${url.replace("http", "ws")}/v1/stream?symbols=KXMANY-000*&mode=conflated`),
  );
  await Promise.all(clients.map((each) => new Promise((resolve) => each.onopen = resolve)));
  return clients;
}

for (const size of [{ columns: 80, rows: 24 }, { columns: 200, rows: 50 }]) {
  Deno.test({
    name:
      `ssmd tui draws 2,000 markets and 100 clients ten times a second at ${size.columns}x${size.rows}`,
    ignore: !isThere,
    fn: () =>
      withMarkets(MARKETS, async (gateway, publish) => {
        await using folder = new Folder();
        const clients = await connectClients(gateway.url);
        const closed = Promise.all(
          clients.map((each) => new Promise((resolve) => each.onclose = resolve)),
        );
        let n = 0;
        // Those that are on the screen change all the time, the others now and then.
        const publishing = setInterval(() => {
          for (let i = 0; i < 40; i++) {
            const at = i < 20 ? n % size.rows : n % MARKETS;
            const symbol = `KXMANY-${String(at).padStart(4, "0")}`;
            const price = 0.1 + n++ % 80 / 100;
            publish({ type: "trade", symbol, price, size: 1, side: "buy", tradeId: "" });
          }
        }, 50);
        try {
          await using terminal = await Terminal.open(
            `${ROOT}cli/ssmd tui --env demo --url ${gateway.url}; read wait`,
            { ...size, socket: `${folder.path}/tmux` },
          );
          await terminal.shows(/>kalshi /);
          await terminal.press("2");
          await terminal.shows(/1\/2000 /);
          await terminal.shows(/>KXMANY-0000 .*0\.\d/);
          await terminal.record(`${folder.path}/screen`);
          const pid = await terminal.pid();
          const frames = async () =>
            (await Deno.readTextFile(`${folder.path}/screen`).catch(() => "")).split(FRAME).length;
          const [before, beforeS] = [await frames(), cpuSecondsOf(pid)];
          const drawn = await eventually("the frames", async () => {
            const count = await frames() - before;
            return count >= FRAMES && count;
          });
          const frameS = (cpuSecondsOf(pid) - beforeS) / Number(drawn);
          if (Deno.env.has("SSMD_TEST_FIGURES")) {
            console.log(`${(frameS * 1000).toFixed(1)} ms of a processor a frame`);
          }
          assert.ok(frameS < FRAME_S_MAX, `${frameS} s a frame`);
          await terminal.press("End");
          await terminal.shows(/>KXMANY-1999 /);
          await terminal.press("3");
          await terminal.shows(/1\/10[01] /);
          await terminal.press("End");
          await terminal.shows(/10[01]\/10[01] /);
          await terminal.press("q");
        } finally {
          clearInterval(publishing);
          for (const each of clients) each.close();
          await closed;
        }
      }),
  });
}
