import { parseYaml } from "./parse_yaml.ts";

/**
 * The value of a YAML or JSON text that may be a secret; undefined when it is broken. The parser's own
 * messages are left out: they may repeat a piece of the text. `scalars: "text"` = numbers and words like
 * true stay texts.
 */
export function safeYaml(text: string, scalars: "typed" | "text" = "typed"): unknown {
  try {
    const document = parseYaml(text, { schema: scalars === "text" ? "failsafe" : "core" });
    return document.errors.length > 0 ? undefined : document.toJS();
  } catch {
    // An alias without anchor is found late.
    return undefined;
  }
}
