import assert from "node:assert/strict";
import { withIssuerGateway } from "@ssmd/gateway/testing/issuer_gateway";
import { browserTest, keptTexts, says, shows } from "./_page.ts";

browserTest(
  "a person signs in at the issuer, sees what their client may, and signs out",
  (page) =>
    withIssuerGateway(async ({ issuer, gateway }) => {
      issuer.people.set("alice", { groups: ["desk"] });
      issuer.people.set("mallory", { groups: [] });
      const goAs = async (name: string) => {
        await shows(page, `document.querySelector('a[href="/sign-in/issuer"]') !== null`);
        await page.evaluate(`document.querySelector('a[href="/sign-in/issuer"]').click()`);
        // Another site: a page of the issuer's own host.
        await shows(page, `location.hostname === "127.0.0.1" && document.querySelector("#name")`);
        await page.evaluate(`document.querySelector("#name").focus()`);
        await page.type(name);
        await page.press("Enter");
      };
      await page.goto(`http://localhost:${gateway.port}/`);
      await goAs("mallory");
      await shows(page, says("[role=alert]", /has no role here/));
      await goAs("alice");
      await shows(page, says("#market-rows", /BTCUSD/));
      assert.equal(await page.evaluate("location.pathname"), "/");
      assert.equal(await page.evaluate("document.cookie"), "", "no script reads a cookie");
      assert.ok(!(await keptTexts(page)).includes("BTCUSD"));
      await page.evaluate(`document.querySelector("#sign-out").click()`);
      await shows(page, `document.querySelector('a[href="/sign-in/issuer"]') !== null`);
      assert.equal(await page.evaluate(`fetch("/v1/markets").then(({ status }) => status)`), 401);
      const policy = page.errors.filter((line) => /Content Security Policy/i.test(line));
      assert.deepEqual(policy, []);
    }, { host: "localhost" }),
);
