import assert from "node:assert/strict";
import { withIssuerGateway } from "@ssmd/gateway/testing/issuer_gateway";
import { browserTest, keptTexts, says, shows } from "./_page.ts";

browserTest(
  "a person who signs out of the page is signed out at the issuer too, and asked there again",
  (page) =>
    withIssuerGateway(async ({ issuer, gateway, clock, setSecret }) => {
      issuer.people.set("alice", { groups: ["desk"] });
      Object.assign(issuer, {
        remembers: true,
        secret: { value: "s3cret", sent: "client_secret_basic" },
      });
      setSecret("s3cret");
      const link = `document.querySelector('a[href="/sign-in/issuer"]')`;
      const begin = async () => {
        await shows(page, `${link} !== null`);
        await page.evaluate(`${link}.click()`);
      };
      const asks = `location.hostname === "127.0.0.1" && document.querySelector("#name") !== null`;
      const signOut = async () => {
        await shows(page, says("#market-rows", /BTCUSD/));
        await page.evaluate(`document.querySelector("#sign-out").click()`);
      };
      await page.goto(`http://localhost:${gateway.port}/`);
      await begin();
      await shows(page, asks);
      await page.evaluate(`document.querySelector("#name").focus()`);
      await page.type("alice");
      await page.press("Enter");

      // An issuer without sign-outs still knows the browser, and asks nothing.
      await signOut();
      await begin();
      await shows(page, says("#market-rows", /BTCUSD/));

      issuer.endsSessions = true;
      clock.ms += 3_600_000;
      await signOut();
      await shows(page, `location.pathname === "/sign-in" && location.hostname === "localhost"`);
      assert.equal(issuer.signOuts.length, 1);
      await begin();
      await shows(page, asks);
      assert.equal(await page.evaluate("document.cookie"), "", "no script reads a cookie");
      assert.ok(!(await keptTexts(page)).includes("eyJ"), "no token stays in the browser");
      const policy = page.errors.filter((line) => /Content Security Policy/i.test(line));
      assert.deepEqual(policy, []);
    }, { host: "localhost", clientAuth: "client_secret_basic" }),
);

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
