import { runProgram } from "./process.ts";

/** An error of `deno doc --lint`. */
interface DocError {
  rule: string;
  location: string;
  /** Line of the finding. */
  line: string;
}

const ERROR = /^error\[([\w-]+)\]: .*\n\s*--> (\S+?:\d+):\d+\n[\s|]*\d+ \| (.*)$/gm;

/** Start of a schema builder call whose type is inferred. */
const SCHEMA = /^export const [A-Z_]+ = (z\.|fields\(|named\()/;

/**
 * Findings that count. Fields and methods may go without a sentence where their name says all, so a missing
 * one counts for exports only; types that come from npm packages are theirs to publish. A schema is the only
 * declaration of its type, which is inferred from it.
 */
export function docFindings(output: string): string[] {
  const errors = [...output.matchAll(ERROR)].map((
    [, rule = "", location = "", line = ""],
  ): DocError => ({
    rule,
    location,
    line,
  }));
  return errors
    .filter(({ rule }) => rule !== "private-type-ref")
    .filter(({ rule, line }) => rule !== "missing-jsdoc" || line.startsWith("export"))
    .filter(({ rule, line }) => rule !== "missing-explicit-type" || !SCHEMA.test(line))
    .map(({ rule, location }) => `${location}: ${rule}`);
}

/** Runs `deno doc --lint` on the entry points of all rooms at once, so that they resolve each other's types. */
export async function docLint(): Promise<string[]> {
  const root = new URL("../", import.meta.url);
  const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const faces = Object.values(config.imports as Record<string, string>)
    .filter((target) => target.startsWith("./") && target.endsWith(".ts"));
  const { code, output } = await runProgram(Deno.execPath(), ["doc", "--lint", ...faces]);
  const findings = docFindings(output);
  const unread = code !== 0 && !/documentation lint error/.test(output);
  return unread ? [output.trim()] : findings.map((each) => each.replace(root.pathname, ""));
}
