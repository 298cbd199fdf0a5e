import assert from "node:assert/strict";

/** The least contrast of text that WCAG 2.2 asks for at level AA. */
const CONTRAST_MIN = 4.5;
const TEXTS = ["text", "dim", "up", "down", "warn", "accent"];
const GROUNDS = ["bg", "panel", "raised"];

const CSS = await Deno.readTextFile(new URL("./static/app.css", import.meta.url));

/** Luminance by WCAG 2.2 of `#rrggbb`. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [darker = 0, lighter = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
}

/** The plain colours of a rule of the style sheet by their names. */
function colors(selector: string): Map<string, string> {
  const rule = CSS.split(`${selector} {`)[1]?.split("}")[0] ?? "";
  return new Map(
    [...rule.matchAll(/--(\w+): (#[0-9a-f]{6});/g)].map(([, name = "", value = ""]) => [
      name,
      value,
    ]),
  );
}

/** Red, green, blue and opacity of a colour that lets its ground through. */
function veil(selector: string, name: string): number[] {
  const rule = CSS.split(`${selector} {`)[1]?.split("}")[0] ?? "";
  const [, value = ""] = new RegExp(`--${name}: rgb\\(([^)]*)\\);`).exec(rule) ?? [];
  return value.split(/[ /]+/).map(Number);
}

function over([red = NaN, green = NaN, blue = NaN, share = NaN]: number[], ground: string): string {
  const mixed = [red, green, blue].map((value, i) => {
    const below = parseInt(ground.slice(1 + 2 * i, 3 + 2 * i), 16);
    return Math.round(value * share + below * (1 - share)).toString(16).padStart(2, "0");
  });
  return `#${mixed.join("")}`;
}

for (
  const [theme, selector] of [["dark", ":root"], ["light", `:root[data-theme="light"]`]] as const
) {
  Deno.test(`every text of the ${theme} page can be read on every ground`, () => {
    const named = colors(selector);
    for (const text of TEXTS) {
      for (const ground of GROUNDS) {
        const value = contrast(String(named.get(text)), String(named.get(ground)));
        assert.ok(value >= CONTRAST_MIN, `${text} on ${ground}: ${value.toFixed(2)}`);
      }
    }
  });

  Deno.test(`a price of the ${theme} page can be read while it flashes`, () => {
    const named = colors(selector);
    for (const bar of ["up", "down"]) {
      const flash = CSS.split(`@keyframes flash-${bar} {`)[1]?.split("\n}")[0] ?? "";
      assert.match(
        flash,
        new RegExp(`background: var\\(--${bar}-bar\\);\\s+color: var\\(--text\\);`),
      );
      for (const ground of GROUNDS) {
        const mixed = over(veil(selector, `${bar}-bar`), String(named.get(ground)));
        const value = contrast(String(named.get("text")), mixed);
        assert.ok(value >= CONTRAST_MIN, `${bar} on ${ground}: ${value.toFixed(2)}`);
      }
    }
  });
}
