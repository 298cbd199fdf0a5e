/**
 * Takes the pictures of docs/ of a running gateway:
 * `deno run -A tests/browser/screenshots.ts http://127.0.0.1:8080/ docs`
 */
import { withPage } from "./chromium.ts";

const [url = "http://127.0.0.1:8080/", folder = "docs", settle = "45"] = Deno.args;
const VIEWS = { markets: "markets", market: "market/BTCUSD", feeds: "feeds", clients: "clients" };

function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

await withPage(async (page) => {
  await page.resize(1280, 800, true);
  await page.goto(url);
  await wait(Number(settle));
  for (const [name, hash] of Object.entries(VIEWS)) {
    await page.evaluate(`location.hash = "#/${hash}"`);
    if (name === "market") {
      await page.evaluate(`document.querySelector("#intervals button").click()`);
    }
    await wait(7);
    for (const [width, height] of [[1280, 800], [390, 844]] as const) {
      for (const dark of [true, false]) {
        await page.resize(width, height, dark);
        await wait(1.5);
        const file = `page-${name}-${width}-${dark ? "dark" : "light"}.png`;
        await Deno.writeFile(`${folder}/${file}`, await page.screenshot());
      }
    }
    await page.resize(1280, 800, true);
  }
  if (page.errors.length > 0) console.error(page.errors.slice(0, 3).join("\n").slice(0, 3000));
});
