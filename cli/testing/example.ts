import type { CatalogueCommand } from "../catalogue/catalogue.ts";

/** Pipes, redirections and what follows end the part of a line that is the command's own. */
const COMMAND_PART = /ssmd (?:"[^"]*"|'[^']*'|[^|>;&#"'])*/;

/** An example so that it ends by itself, takes any free port, and stays within its folder. */
export function runnable(example: string, { name, flags }: CatalogueCommand): string {
  const has = (name: string) => flags.some((flag) => flag.name === name);
  let line = example.replaceAll("/tmp/", "./");
  if (has("for")) line = withFlag(line.replace(/ --for[ =]\S+/, ""), "--for 1s");
  if (has("port")) line = withFlag(line.replace(/ --port[ =]\S+/, ""), "--port 0");
  // It wants a terminal, which `script` gives.
  return name === "tui" ? `script -qec "${line}" /dev/null` : line;
}

/** A runnable example with JSON as its output, and nothing that would change what is printed. */
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

/** One JSON value, or one a line where the command streams. */
export function valuesIn(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line));
  }
}
