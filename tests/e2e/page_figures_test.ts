import assert from "node:assert/strict";
import { browserTest, says, shows } from "./_page.ts";
import { Folder, RunningUp } from "./_process.ts";

const PRICES = `[...document.querySelectorAll("#bids .rung")]
  .filter(({ style }) => style.display !== "none").map((rung) => rung.children[0].textContent)`;
const SIZES = `[...document.querySelectorAll("#bids .rung, #asks .rung")]
  .filter(({ style }) => style.display !== "none").map((rung) => rung.children[1].textContent)`;

browserTest("a market is read by its own measure: cents, points, steps, units", async (page) => {
  await using data = new Folder();
  await using up = new RunningUp(["--data", data.path]);
  const url = await up.url();
  await page.resize(1280, 800, true);
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
  await shows(
    page,
    `document.querySelector("#ladder").getAnimations({ subtree: true }).length > 0`,
  );
  await page.evaluate(`document.querySelector("#grouping button:last-child").click()`);
  await shows(page, `${PRICES}.length > 0 && ${PRICES}.every((text) => text.endsWith(".00"))`);
  assert.deepEqual([page.errors, page.failures], [[], []]);
});
