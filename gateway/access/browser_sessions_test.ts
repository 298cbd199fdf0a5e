import assert from "node:assert/strict";
import { withGuardedGateway } from "./testing/guarded_gateway.ts";
import { newKey } from "./api_key.ts";
import { findChromium, withPage } from "../../tests/browser/chromium.ts";

const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
const MISSING = findChromium() === undefined;
const WAIT_MS_MAX = 120_000;

const typed = (key: string) =>
  `(document.querySelector("#key").value = ${JSON.stringify(key)},
    document.querySelector("button").click(), true)`;

Deno.test({
  name: `a person signs in with a key in a real browser, and sees its own markets alone${
    MISSING ? " (skipped: there is no chromium)" : ""
  }`,
  ignore: MISSING && !REQUIRED,
  fn: () =>
    withGuardedGateway(async (rig) => {
      rig.publish();
      const given = { feed: "kraken", symbols: "BTC*" };
      const key = await rig.key("desk", {}, given);
      await withPage(async (page) => {
        await page.goto(`${rig.gateway.url}/`);
        await page.waitFor(`document.querySelector("button")?.disabled === false`, WAIT_MS_MAX);
        await page.evaluate(typed(newKey().text));
        const condition =
          `document.querySelector("[role=alert]").textContent.includes("not known")`;
        await page.waitFor(condition, WAIT_MS_MAX);
        await page.evaluate(typed(key));
        await page.waitFor(`document.querySelector("#markets") !== null`, WAIT_MS_MAX);
        await page.waitFor(`document.body.textContent.includes("BTCUSD")`, WAIT_MS_MAX);
        assert.equal(await page.evaluate("document.cookie"), "");
        assert.equal(await page.evaluate("location.pathname + location.search"), "/");
        const text = String(await page.evaluate("document.body.textContent"));
        assert.ok(!text.includes("QZX") && !text.includes("canary"), text);
      });
    }),
});
