import assert from "node:assert/strict";
import type { Page } from "../browser/chromium.ts";
import { freePort } from "../servers/free_port.ts";
import { browserTest, changes, fits, says, shows } from "./_page.ts";
import { eventually, Folder, RunningUp } from "./_process.ts";

const PHONE_WIDTH = 390;
const ROWS = `document.querySelectorAll("#market-rows > .row").length`;

browserTest("the page shows live markets, one market, feeds, signals and clients", async (page) => {
  await using data = new Folder();
  await using up = new RunningUp(["--data", data.path]);
  const url = await up.url();
  await page.resize(1280, 800, true);
  await page.goto(`${url}/`);

  await shows(page, `${ROWS} === 7`);
  await shows(page, says("#market-rows .row .last", /\d/));
  await shows(page, says("#market-rows .row .chg", /%/));
  await changes(page, "#market-rows");
  await page.press("/");
  await page.type("btc");
  await shows(page, `${ROWS} === 2`);
  await page.press("Escape");
  await shows(page, `${ROWS} === 7`);
  await page.evaluate(`document.querySelector("#feed-filter button:last-child").click()`);
  await shows(page, `${ROWS} === 4`);
  await page.evaluate(`document.querySelector("#feed-filter button").click()`);
  await page.evaluate(`document.querySelector("[data-sort=symbol] button").click()`);
  await shows(page, says("#market-rows .row .sym", /BTCUSD/));

  await page.press("/");
  await page.press("ArrowDown");
  await page.press("Enter");
  await shows(page, `location.hash === "#/market/BTCUSD"`);
  await shows(page, says("#last", /\d/));
  await shows(
    page,
    `${says("#book-state", /\d+ × \d+/)} &&
    document.querySelectorAll("#bids > *").length >= 5`,
  );
  await shows(page, `document.querySelectorAll("#tape > .print").length >= 3`);
  await shows(page, `document.querySelectorAll("#chart canvas").length > 0`);
  await shows(page, says("#legend", /O \S+ {2}H.*● .*imbalance_flip/));
  await shows(page, says("#quality-state", /live/));
  await changes(page, "#tape");
  await page.press("1");
  await shows(
    page,
    `document.querySelector("#intervals [aria-pressed=true]").textContent === "1s"`,
  );
  await page.press("ArrowDown");
  await shows(page, `location.hash === "#/market/ETHUSD?interval=1s"`);
  await shows(page, says("#symbol", /ETHUSD/));

  await page.press("f");
  await shows(page, says("#feed-cards", /kraken[\s\S]*kalshi/));
  await shows(page, says("#feed-cards .badge", /live/));
  await shows(page, says("#service-facts", /Clients1/));
  await page.press("s");
  await shows(page, says("#signal-list", /imbalance_flip[\s\S]*momentum_burst/));
  await shows(page, says("#fire-rows", /imbalance_flip/));
  await decidesInThePage(page, url);
  await page.evaluate(`document.querySelector("#signal-list button").click()`);
  await shows(page, `document.querySelector("#confirm").open`);
  await page.evaluate(`document.querySelector("#confirm-yes").click()`);
  await shows(page, says("#signal-list .badge", /disabled/));
  await page.press("c");
  await shows(page, says("#client-list", /this page/));
  await disconnectsOther(page, url);
  await page.press("?");
  await shows(page, `document.querySelector("#help").open`);
  await page.press("Escape");

  const views = ["markets", "market/BTCUSD", "feeds", "signals", "clients"];
  for (const [width, height] of [[1280, 800], [PHONE_WIDTH, 844]] as const) {
    await page.resize(width, height, width === PHONE_WIDTH);
    for (const view of views) {
      await page.evaluate(`location.hash = "#/${view}"`);
      await shows(page, `document.body.dataset.view === "${view.split("/")[0]}"`);
      await fits(page, width, view);
    }
  }
  assert.deepEqual([page.errors, page.failures], [[], []]);
});

/** What was done about fires stands beside them, and a signal of an agent is rejected by a click. */
async function decidesInThePage(page: Page, url: string): Promise<void> {
  await shows(page, says("#fire-rows", /tell done by scripted \(no language model\)/));
  const answer = await fetch(`${url}/v1/admin/agent/threads`, {
    ...{ method: "POST", headers: { "content-type": "application/json" } },
    body: JSON.stringify({ words: "when the spread doubles" }),
  });
  const { thread } = await answer.json() as { thread: string };
  await shows(page, says("#approval-list", /spread_doubles[\s\S]*model: scripted/));
  await page.evaluate(`document.querySelector("#approval-list button:last-of-type").click()`);
  await shows(page, `document.querySelector("#approvals").hidden`);
  const path = `${url}/v1/admin/agent/threads/${thread}`;
  const shown = await fetch(path, {
    ...{ method: "POST", headers: { "content-type": "application/json" }, body: "{}" },
  });
  assert.match((await shown.json() as { detail: string }).detail, /^rejected by /);
}

/** Another client is disconnected by hand: not before it was confirmed. */
async function disconnectsOther(page: Page, url: string): Promise<void> {
  const other = new WebSocket(`${url.replace("http", "ws")}/v1/stream?symbols=BTCUSD`);
  const closed = new Promise<CloseEvent>((resolve) => other.onclose = resolve);
  const row = `[...document.querySelectorAll(".client")].find((row) =>
    !row.textContent.includes("this page"))`;
  await shows(page, row);
  await page.evaluate(`${row}.querySelector("button").click()`);
  await shows(page, says("#confirm-title", /Disconnect client #\d+\?/));
  await page.press("Escape");
  await shows(page, `!document.querySelector("#confirm").open`);
  assert.equal(other.readyState, WebSocket.OPEN);
  await page.evaluate(`${row}.querySelector("button").click()`);
  await shows(page, `document.querySelector("#confirm").open`);
  await page.evaluate(`document.querySelector("#confirm-yes").click()`);
  await shows(page, `!(${row})`);
  assert.equal((await closed).code, 4002);
  await shows(page, says("#gone-rows", /disconnected/));
}

browserTest("a question that was closed is not answered by the next one", async (page) => {
  await using data = new Folder();
  await using up = new RunningUp(["--data", data.path]);
  const url = await up.url();
  await page.goto(`${url}/#/clients`);
  await shows(page, says("#client-list", /this page/));
  const stream = `${url.replace("http", "ws")}/v1/stream?symbols=BTCUSD`;
  const [first, second] = [new WebSocket(stream), new WebSocket(stream)];
  const isClosed = Promise.all(
    [first, second].map((socket) => new Promise((resolve) => socket.onclose = resolve)),
  );
  await shows(page, `document.querySelectorAll(".client").length === 3`);
  // In one go: a browser tells of a closed dialog only with its next frame.
  await page.evaluate(`(() => {
    const [kept, ended] = [...document.querySelectorAll(".client")]
      .filter((row) => !row.textContent.includes("this page"))
      .map((row) => row.querySelector("button"));
    kept.click();
    document.querySelector("#confirm").close();
    ended.click();
    document.querySelector("#confirm-yes").click();
  })()`);
  await shows(page, says("#gone-rows", /disconnected/));
  await eventually("two clients", async () => {
    const { clients } = await (await fetch(`${url}/v1/admin/clients`)).json();
    return clients.length === 2;
  });
  assert.deepEqual([page.errors, page.failures], [[], []]);
  first.close();
  second.close();
  await isClosed;
});

browserTest("a connection that breaks goes on where it was, and the page says so", async (page) => {
  await using data = new Folder();
  await using up = new RunningUp(["--data", data.path]);
  const url = await up.url();
  await page.goto(`${url}/#/market/BTCUSD`);
  await shows(page, `document.querySelectorAll("#tape > .print").length >= 3`);
  // The place that it goes on from is known once a live record has come.
  await changes(page, "#tape");
  const { clients } = await (await fetch(`${url}/v1/admin/clients`)).json();
  const ended = await fetch(`${url}/v1/admin/clients/${clients[0].id}/disconnect`, {
    method: "POST",
  });
  await ended.body?.cancel();
  await shows(page, says("#banner", /Connected again.*none is missing/));
  await changes(page, "#tape");
  assert.deepEqual(page.errors, []);
});

browserTest("a gateway that is killed and started again is found again", async (page) => {
  await using data = new Folder();
  const args = ["--data", data.path, "--port", String(freePort())];
  const first = new RunningUp(args);
  await using _ended = first;
  const url = await first.url();
  await page.goto(`${url}/#/market/BTCUSD`);
  await shows(page, `document.querySelectorAll("#tape > .print").length >= 3`);
  await shows(page, `caches.match("/v1/markets?limit=5000", { cacheName: "ssmd-last" })`);
  // A worker keeps the page's files from the first visit on.
  await page.evaluate("navigator.serviceWorker.ready.then(() => true)");
  await first.stop("SIGKILL");
  await shows(page, `!document.querySelector("#away").hidden`);
  await shows(page, says("#away-text", /does not answer since \d\d:\d\d:\d\d UTC/));

  // The page opens while nobody answers, with the last that was seen.
  await page.goto("about:blank");
  await page.goto(`${url}/#/markets`);
  await shows(page, `${ROWS} === 7`);
  await shows(page, says("#away-text", /was kept at/));

  await using second = new RunningUp(args);
  assert.equal(await second.url(), url);
  await shows(page, says("#connection", /^live$/));
  await shows(page, `document.querySelector("#away").hidden`);
  await changes(page, "#market-rows");
  await page.evaluate(`location.hash = "#/market/BTCUSD"`);
  await shows(page, says("#book-state", /\d+ × \d+/));
  await changes(page, "#tape");
  assert.deepEqual(page.errors, []);
});
