import assert from "node:assert/strict";
import { findChromium, withPage } from "../browser/chromium.ts";
import { Folder, RunningUp } from "./_process.ts";

const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
const MISSING = findChromium() === undefined;
const PHONE_WIDTH = 390;

/** Links of the page into itself that lead nowhere. */
const DEAD =
  `[...document.querySelectorAll("a[href^='#']")].map((a) => a.getAttribute("href").slice(1))
  .filter((id) => document.getElementById(id) === null)`;
const GROUND = `getComputedStyle(document.body).backgroundColor`;

Deno.test({
  name: `the documentation is whole in a real browser, dark and light, wide and narrow${
    MISSING ? " (skipped: there is no chromium)" : ""
  }`,
  ignore: MISSING && !REQUIRED,
  fn: async () => {
    await using data = new Folder();
    await using up = new RunningUp(["--data", data.path]);
    const url = await up.url();
    await withPage(async (page) => {
      await page.resize(1280, 800, true);
      await page.goto(`${url}/docs`);
      await page.waitFor(`document.querySelectorAll("article").length > 20`, 120_000);
      // Examples name the gateway that shows them.
      const examples = "document.body.innerText.match(/https?:\\/\\/[\\w.:-]+/g)";
      assert.deepEqual(await page.evaluate(`[...new Set(${examples})]`), [url]);
      const dark = await page.evaluate(GROUND);
      await page.resize(PHONE_WIDTH, 844, false);
      assert.notEqual(await page.evaluate(GROUND), dark);
      const width = await page.evaluate("document.documentElement.scrollWidth");
      assert.ok(Number(width) <= PHONE_WIDTH, `the page is ${width} wide on a phone`);
      assert.deepEqual(await page.evaluate(DEAD), []);
      const requested = await page.evaluate(
        "performance.getEntriesByType('resource').map((e) => e.name)",
      );
      for (const name of requested as string[]) assert.ok(name.startsWith(url), name);
      assert.deepEqual(page.errors, []);
    });
  },
});
