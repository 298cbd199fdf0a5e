/**
 * Takes the README's pictures of a running gateway:
 * `deno run -A tests/browser/screenshots.ts http://127.0.0.1:8080/ docs`
 */
import { withPage } from "./chromium.ts";

const [url = "http://127.0.0.1:8080/", folder = "docs"] = Deno.args;
const SETTLE_MS = 45_000;

await withPage(async (page) => {
  await page.resize(1280, 800, true);
  await page.goto(url);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  for (const [width, height] of [[1280, 800], [390, 844]] as const) {
    for (const dark of [true, false]) {
      await page.resize(width, height, dark);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const name = `page-${width}${dark ? "" : "-light"}.png`;
      await Deno.writeFile(`${folder}/${name}`, await page.screenshot());
    }
  }
  if (page.errors.length > 0) console.error(page.errors.join("\n"));
});
