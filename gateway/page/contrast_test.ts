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
}
