import type { CatalogueCommand } from "../catalogue/catalogue.ts";

/** The command's part of a line ends at a pipe, redirection or separator. */
const COMMAND_PART = /ssmd (?:"[^"]*"|'[^']*'|[^|>;&#"'])*/;

/** Changes an example so that it ends by itself, uses any free port and stays within its folder. */
export function runnable(example: string, { name, flags }: CatalogueCommand): string {
  const has = (name: string) => flags.some((flag) => flag.name === name);
  let line = example.replaceAll("/tmp/", "./");
  if (has("for")) line = withFlag(line.replace(/ --for[ =]\S+/, ""), "--for 1s");
  if (has("port")) line = withFlag(line.replace(/ --port[ =]\S+/, ""), "--port 0");
  // It needs a terminal, which `script` provides.
  return name === "tui" ? `script -qec "${line}" /dev/null` : line;
}

/** Returns a runnable example with JSON output and no flag that changes it. */
export function asJson(line: string): string {
  const part = COMMAND_PART.exec(line);
  if (part === null) return line;
  const upTo = line.slice(0, part.index + part[0].length).trimEnd();
  const plain = upTo.replace(/ (?:--output[ =]|-o )\S+/, "").replace(/ --format capnp/, "");
  return withFlag(plain, "--output json");
}

function withFlag(line: string, flag: string): string {
  return line.replace(COMMAND_PART, (part) => {
    const end = part.trimEnd();
    return `${end} ${flag}${part.slice(end.length)}`;
  });
}

/** Parses one JSON value, or one per line of a streaming command. */
export function valuesIn(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line));
  }
}
