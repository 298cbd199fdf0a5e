import assert from "node:assert/strict";
import { browserTest, keptTexts, says, shows } from "./_page.ts";
import { Folder, RunningUp, runSsmd } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";

const ROWS = `document.querySelectorAll("#market-rows > .row").length`;

/** A registry whose environment `closed` asks for keys. */
async function writeClosed(folder: string): Promise<void> {
  const symbols = { BTCUSD: "BTC/USD", ETHUSD: "ETH/USD" };
  await writeRegistry(folder, {
    name: "closed",
    feeds: { kraken: { symbols } },
    simulatedRate: 50,
  });
  const path = `${folder}/exchanges/environments/closed.yaml`;
  const file = JSON.parse(await Deno.readTextFile(path));
  file.gateway = { port: 8080, ...file.gateway, auth: "required" };
  await Deno.writeTextFile(path, JSON.stringify(file));
}

/** A client that may see one market, and its key. */
async function keyOf(folder: string, client: string): Promise<string> {
  const run = async (...args: string[]) => {
    const { code, output } = await runSsmd([...args, "--env", "closed"], { cwd: folder });
    assert.equal(code, 0, output);
    return output;
  };
  await run("client", "create", client);
  await run("client", "entitle", client, "--feed", "kraken", "--symbols", "BTC*");
  const made = await run("client", "api-key", "create", client);
  const key = made.split("\n").find((line) => line.startsWith("ssmd_"));
  assert.ok(key !== undefined, made);
  return key;
}

browserTest("with keys asked for the page is behind a sign-in, and keeps no key", async (page) => {
  await using folder = new Folder();
  await writeClosed(folder.path);
  const key = await keyOf(folder.path, "desk");
  await using up = new RunningUp(["--env", "closed"], { cwd: folder.path });
  const url = await up.url();
  const signIn = async (text: string) => {
    // Before its script is there the page takes no key.
    await shows(
      page,
      `document.querySelector("input[type=password]")?.form` +
        `.querySelector("button:not([disabled])")`,
    );
    await page.evaluate(`document.querySelector("input[type=password]").focus()`);
    await page.type(text);
    await page.press("Enter");
  };
  await page.goto(`${url}/#/market/BTCUSD`);
  await signIn("ssmd_no_key");
  await shows(page, says("[role=alert]", /key/));
  await page.evaluate(`document.querySelector("input[type=password]").value = ""`);
  await signIn(key);
  await shows(page, says("#last", /\d/));
  await shows(page, `document.querySelectorAll("#tape > .print").length >= 3`);
  assert.equal(await page.evaluate("location.hash"), "#/market/BTCUSD");
  await page.evaluate(`location.hash = "#/markets"`);
  await shows(page, `${ROWS} === 1`);
  assert.equal(await page.evaluate(`document.querySelector("#clients-link").hidden`), true);
  const kept = await keptTexts(page);
  assert.ok(!kept.includes(key.slice(0, 16)) && !kept.includes("BTCUSD"));
  assert.ok(!String(await page.evaluate("location.href")).includes(key));

  // A sign-in that ends while the page is open: it asks again, and goes on where one was.
  await page.evaluate(`fetch("/v1/sign-out", { method: "POST" }).then(() => true)`);
  await shows(page, `document.querySelector("#sign-in").open`);
  await signIn(key);
  await shows(page, `!document.querySelector("#sign-in").open`);
  await shows(page, says("#connection", /^live$/));

  await shows(page, `!document.querySelector("#sign-out").hidden`);
  await page.evaluate(`document.querySelector("#sign-out").click()`);
  await shows(page, `document.querySelector("form h1")?.textContent.includes("asks for a key")`);
  assert.deepEqual(page.errors, []);
});
