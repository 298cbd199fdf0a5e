import assert from "node:assert/strict";
import axe from "axe-core";
import type { Page } from "../browser/chromium.ts";
import { browserTest, fits, says, shows } from "./_page.ts";
import { Folder, RunningUp } from "./_process.ts";

/** Smallest side of what is clicked, CSS pixels. */
const TARGET_PX_MIN = 24;
/** Views of the page by its own list. */
const VIEWS = `[...document.querySelectorAll(".view")].map((view) => view.dataset.for)`;
/** What shows that a view is filled. */
const FILLED: Readonly<Record<string, string>> = {
  markets: says("#market-rows", /BTCUSD/),
  market: says("#book-state", /\d+ × \d+/),
  feeds: says("#feed-cards", /kraken/),
  capture: `${says("#coverage-rows", /kraken/)} && ${says("#job-rows", /start-day/)}`,
  sql: `document.querySelector("#sql-text").value !== ""`,
  signals: says("#signal-list", /imbalance_flip/),
  clients: says("#client-list", /this page/),
};
/** Markets: one in dollars with all that can be laid over it, one from 0 to 1. */
const MARKETS = [
  "market/BTCUSD?over=vwap+profile+log",
  "market/BTCUSD?versus=ETHUSD",
  "market/KXSIMFED-26DEC31-C25",
];
/** What axe finds on the page that is serious or critical, and where. */
async function seriousFindings(page: Page): Promise<string[]> {
  return await page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then((found) =>
    found.violations.filter(({ impact }) => impact !== "minor").flatMap(({ id, impact, nodes }) =>
      nodes.map(({ html }) => impact + " " + id + ": " + html.slice(0, 160))))`) as string[];
}

/** Holds the page in how it looks while the gateway is away, the book suspect and markets closed. */
const AT_ITS_WORST = `(() => {
  const hold = () => {
    for (const [selector, name] of [["body", "offline"], ["#ladder", "suspect"], [".row", "closed"]]) {
      for (const each of document.querySelectorAll(selector)) {
        if (!each.classList.contains(name)) each.classList.add(name);
      }
    }
  };
  const whole = { subtree: true, childList: true, attributeFilter: ["class"] };
  new MutationObserver(hold).observe(document.documentElement, whole);
  hold();
})()`;

/** Links, buttons and fields that are seen and smaller than a finger tip. */
async function smallTargets(page: Page): Promise<string[]> {
  return await page.evaluate(`[...document.querySelectorAll("a, button, input, select, summary")]
    .filter((each) => each.checkVisibility() && !each.matches(".skip, p a, td a"))
    .map((each) => [each, (each.closest("label") ?? each).getBoundingClientRect()])
    .filter(([, { width, height }]) => width > 0 && Math.min(width, height) < ${TARGET_PX_MIN})
    .map(([each, { width, height }]) => width + "×" + height + " " + each.outerHTML.slice(0, 120))`) as string[];
}

browserTest("every view is read by machines, has a heading, and targets of 24 px", async (page) => {
  await using data = new Folder();
  await using up = new RunningUp(["--data", data.path]);
  const url = await up.url();
  await page.goto(`${url}/`);
  await shows(page, says("#market-rows", /BTCUSD/));
  const views = await page.evaluate(VIEWS) as string[];
  assert.deepEqual(views.toSorted(), Object.keys(FILLED).toSorted());
  await page.evaluate(`${axe.source}; undefined`);
  const found: string[] = [];
  for (const [width, isDark] of [[1280, true], [390, false], [1280, false], [390, true]] as const) {
    await page.resize(width, 900, isDark);
    if (width === 1280 && !isDark) await page.evaluate(AT_ITS_WORST);
    for (const view of views.flatMap((view) => view === "market" ? MARKETS : [view])) {
      await page.evaluate(`location.hash = "#/${view}"`);
      await shows(page, FILLED[view.replace(/\/.*/, "")] ?? "false");
      const problems = [...await seriousFindings(page), ...await smallTargets(page)];
      found.push(...problems.map((problem) => `${view} at ${width}: ${problem}`));
      await shows(
        page,
        `[...document.querySelectorAll("h1")].filter((each) =>
        each.checkVisibility()).length === 1`,
      );
      await fits(page, width, view);
    }
  }
  assert.deepEqual(found, []);
});
