import assert from "node:assert/strict";
import { findChromium, type Page, withPage } from "../browser/chromium.ts";

const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
const MISSING = findChromium() === undefined;
const WAIT_MS = 120_000;

/** A test in a real browser; skipped plainly where there is none. */
export function browserTest(name: string, body: (page: Page) => Promise<void>): void {
  Deno.test({
    name: `${name}${MISSING ? " (skipped: there is no chromium)" : ""}`,
    ignore: MISSING && !REQUIRED,
    fn: () => withPage(body),
  });
}

/** Waits for what the page is to show, also by a promise; says what it shows instead. */
export async function shows(page: Page, expression: string, withinMs = WAIT_MS): Promise<void> {
  try {
    // A promise itself is always true.
    await page.waitFor(`Promise.resolve(${expression}).then(Boolean)`, withinMs);
  } catch (cause) {
    const text = await page.evaluate("document.body.innerText");
    throw new RangeError(`never came true: ${expression}\nthe page shows:\n${text}`, { cause });
  }
}

/** Whether an element's text matches. */
export function says(selector: string, text: RegExp): string {
  return `${text}.test(document.querySelector(${JSON.stringify(selector)})?.textContent ?? "")`;
}

/** Waits until an element's text is another one than now. */
export async function changes(page: Page, selector: string): Promise<void> {
  const text = `document.querySelector(${JSON.stringify(selector)}).textContent`;
  const before = await page.evaluate(text);
  await shows(page, `${text} !== ${JSON.stringify(before)}`);
}

/** Nothing is wider than the screen. */
export async function fits(page: Page, width: number, what: string): Promise<void> {
  const wide = await page.evaluate("document.documentElement.scrollWidth");
  assert.ok(Number(wide) <= width, `${what} is ${wide} wide on a screen of ${width}`);
}

/** What the page keeps in this browser where scripts can read it. */
export async function keptTexts(page: Page): Promise<string> {
  return String(
    await page.evaluate(`(async () => {
      const kept = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
      for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
          kept.push(name, request.url, await (await cache.match(request)).text());
        }
      }
      return kept.join("\\n");
    })()`),
  );
}
