import type { z } from "zod";
import type { YamlSource } from "./document.ts";
import type { Finding } from "./finding.ts";
import { issueTexts } from "./issue_text.ts";

/** Content of a file, or why it has none. */
export interface FileContent<T> {
  /** undefined = not valid YAML, or of invalid shape: see `findings`. */
  content: T | undefined;
  findings: Finding[];
}

/** Returns the content of one file. Its references are not checked, so no other file is read. */
export function contentOf<T>(yaml: YamlSource, shape: z.ZodType<T>): FileContent<T> {
  const findings = [...yaml.findings];
  const content = findings.length === 0 ? shaped(yaml, shape, findings) : undefined;
  return { content, findings };
}

/** Returns a file's content; undefined = of invalid shape, which is added to `findings`. */
export function shaped<T>(
  yaml: YamlSource,
  shape: z.ZodType<T>,
  findings: Finding[],
): T | undefined {
  // A file is read once or twice: compiling a parser for its schema would take longer than parsing.
  const parsed = shape.safeParse(yaml.value, { jitless: true });
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    for (const { path, message, atKey } of issueTexts(issue, yaml.value)) {
      findings.push(atKey ? yaml.findingAtKey(path, message) : yaml.finding(path, message));
    }
  }
  return undefined;
}
