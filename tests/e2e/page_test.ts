import assert from "node:assert/strict";
import { findChromium, withPage } from "../browser/chromium.ts";
import { Folder, RunningUp } from "./_process.ts";

const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
const MISSING = findChromium() === undefined;
const LIVE_MS_MAX = 20_000;
const PHONE_WIDTH = 390;

const ROWS = `document.querySelectorAll("#markets [role=option], #markets > *").length >= 7`;
const PRICED = `/[0-9]/.test(document.querySelector("#last").textContent)`;
const LADDER = `document.querySelectorAll("#bids > *").length >= 5 &&
  document.querySelector("#book-state").textContent.includes("levels")`;
const TAPE = `document.querySelectorAll("#tape > *").length >= 3`;
const CHART = `document.querySelectorAll("#chart canvas").length > 0`;

Deno.test({
  name: `the page shows live markets, ladder, tape and chart in a real browser${
    MISSING ? " (skipped: there is no chromium)" : ""
  }`,
  ignore: MISSING && !REQUIRED,
  fn: async () => {
    await using data = new Folder();
    await using up = new RunningUp(["--data", data.path]);
    const url = await up.url();
    await withPage(async (page) => {
      await page.resize(1280, 800, true);
      await page.goto(`${url}/`);
      for (const live of [ROWS, PRICED, LADDER, TAPE, CHART]) await page.waitFor(live, LIVE_MS_MAX);
      const first = await page.evaluate(`document.querySelector("#tape").textContent`);
      await page.waitFor(
        `document.querySelector("#tape").textContent !== ${JSON.stringify(first)}`,
        LIVE_MS_MAX,
      );
      await page.resize(PHONE_WIDTH, 844, false);
      const width = await page.evaluate("document.documentElement.scrollWidth");
      assert.ok(Number(width) <= PHONE_WIDTH, `the page is ${width} wide on a phone`);
      assert.deepEqual(page.errors, []);
    });
  },
});
