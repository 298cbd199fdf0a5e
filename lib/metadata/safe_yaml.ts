import { parseYaml } from "./parse_yaml.ts";

/**
 * Parses a YAML or JSON text that may be a secret; undefined when invalid. Drops the parser's
 * messages, which may repeat a part of it. `scalars: "text"` keeps numbers and words like true as
 * text.
 */
export function safeYaml(text: string, scalars: "typed" | "text" = "typed"): unknown {
  try {
    const document = parseYaml(text, { schema: scalars === "text" ? "failsafe" : "core" });
    return document.errors.length > 0 ? undefined : document.toJS();
  } catch {
    // A missing anchor is detected late.
    return undefined;
  }
}
