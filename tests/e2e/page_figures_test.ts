import assert from "node:assert/strict";
import type { Page } from "../browser/chromium.ts";
import { browserTest, says, shows } from "./_page.ts";
import { Folder, RunningUp } from "./_process.ts";

const PRICES = `[...document.querySelectorAll("#bids .rung")]
  .filter(({ style }) => style.display !== "none").map((rung) => rung.children[0].textContent)`;
const TRADED = `[...document.querySelectorAll("#tape .print:not(.gap-mark)")]
  .filter(({ style }) => style.display !== "none").map((print) => print.children[1])`;
const SIZES = `[...document.querySelectorAll("#bids .rung, #asks .rung")]
  .filter(({ style }) => style.display !== "none").map((rung) => rung.children[1].textContent)`;

/** Keeps what is written on each canvas, by its id or class. */
const RECORD_TEXTS = `
  globalThis.written = {};
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...at) {
    (written[this.canvas.id || this.canvas.className] ??= new Set()).add(text);
    return fillText.call(this, text, ...at);
  };`;

/** Moves the mouse onto the depth chart, this far from its left, 0 to 1. */
async function pointAtDepth(page: Page, far: number): Promise<void> {
  const { x, y } = await page.evaluate(`(() => {
    const { x, y, width, height } = document.querySelector("#depth").getBoundingClientRect();
    return { x: x + width * ${far}, y: y + height / 2 };
  })()`) as { x: number; y: number };
  await page.moveTo(x, y);
}

browserTest("a market is read by its own measure: cents, points, steps, units", async (page) => {
  await using data = new Folder();
  await using up = new RunningUp(["--data", data.path]);
  const url = await up.url();
  await page.resize(1280, 800, true);
  await page.prepare(RECORD_TEXTS);
  await page.goto(`${url}/#/markets`);
  await shows(page, says("#market-rows", /KXSIMFED-26DEC31-C25[\s\S]*?\d¢[\s\S]*?\d pt/));
  await shows(page, says("#market-rows", /%since \d\d:\d\d/));
  await shows(page, says("#market-rows", /\d BTC/));

  await page.evaluate(`location.hash = "#/market/KXSIMFED-26DEC31-C25"`);
  await shows(page, says("#last", /^\d+(\.\d)?¢$/));
  await shows(page, says("#change", / pt since \d\d:\d\d$/));
  await shows(page, says("#spread", /spread \d+(\.\d)?¢$/));
  await shows(page, says("#legend", /V \S+ contracts/));
  await shows(page, says("#facts", /Open interest\S+ contracts/));

  await page.evaluate(`location.hash = "#/market/ETHUSD"`);
  await shows(page, `${PRICES}.length >= 5 && ${PRICES}.every((text) => /\\.\\d\\d$/.test(text))`);
  await shows(page, says("#spread", /spread .* bp$/));
  const digits = `new Set(${SIZES}.map((text) => text.split(".")[1]?.length))`;
  await shows(
    page,
    `${digits}.size === 1 && Boolean(document.querySelector("#bids .zeros").textContent)`,
  );
  // Those of the trades stand point under point, too.
  await shows(
    page,
    `${TRADED}.length >= 3 && ${TRADED}.some((each) => each.querySelector(".zeros").textContent) &&
    new Set(${TRADED}.map((each) => each.textContent.split(".")[1]?.length)).size === 1`,
  );
  await shows(
    page,
    `document.querySelector("#ladder").getAnimations({ subtree: true }).length > 0`,
  );
  await page.evaluate(`document.querySelector("#grouping button:last-child").click()`);
  await shows(page, `${PRICES}.length > 0 && ${PRICES}.every((text) => text.endsWith(".00"))`);
  await page.evaluate(`document.querySelector("#grouping button").click()`);

  // As many levels as fit, and a column for the bars.
  await page.evaluate(`location.hash = "#/market/KXSIMFED-26DEC31-C25"`);
  await shows(page, `${PRICES}.length >= 5`);
  const few = Number(await page.evaluate(`${PRICES}.length`));
  await page.resize(1280, 1100, true);
  await shows(page, `${PRICES}.length > ${few}`);
  await shows(page, `document.querySelector("#bids .rung > i").getBoundingClientRect().width > 20`);

  // Both axes of the depth chart, and what one points at.
  await shows(page, `[...written.depth].some((text) => text.endsWith("¢"))`);
  await shows(page, `[...written.depth].some((text) => /^[\\d,.]+$/.test(text))`);
  await pointAtDepth(page, 0.1);
  await shows(page, says("#depth-note", /^\S+ down to \S+¢$/));
  await pointAtDepth(page, 0.9);
  await shows(page, says("#depth-note", /^\S+ up to \S+¢$/));

  // A feed's rates have axes, its delays percentiles.
  await page.evaluate(`location.hash = "#/feeds"`);
  await shows(
    page,
    says("#feed-cards", /Lag p50 · p95 · p99[\d.]+( ms)? · [\d.]+( ms)? · [\d.]+ m?s/),
  );
  await shows(page, says("#feed-cards", /To bus p50 · p99≤ [\d.]+( ms)? · [\d.]+ m?s/));
  await shows(page, says("#service-facts", /Receipt to client, p50≤.*Receipt to client, p99≤/));
  const rates = `[...written["rate-line"]].join()`;
  await shows(page, `/\\d\\/s/.test(${rates}) && /\\d s ago/.test(${rates})`);
  assert.deepEqual([page.errors, page.failures], [[], []]);
});
