import { variable } from "./variable.ts";

/** Variable in which the launcher says which lines of files name hosts and folders, a line each. */
const REACH_VARIABLE = "SSMD_REACH";

const REFUSED = /Requires (\w+) access to (?:"([^"]+)"|<(\w+)>)/;
/** Lines that are told; a registry may have hundreds. */
const LINES_MAX = 6;
const CAUSES_MAX = 8;
/** Fields and flags that name what a kind of access is for. */
const NAMED_BY: Readonly<Record<string, string>> = {
  net: "transport.url, storage.endpoint, endpoints.<feed>, gateway.host, --endpoint or --url",
  write: "storage.path, journal.path, gateway.clients.path, --data or --out",
  read: "keys.<name>.source, storage.path, or the path as an argument",
};

/** The refused permission in a thrown value or underneath it; undefined = there is none. */
export function refusalIn(error: unknown): Error | undefined {
  let each = error;
  for (let depth = 0; depth < CAUSES_MAX && each instanceof Error; depth++) {
    if (each instanceof Deno.errors.NotCapable) return each;
    each = each.cause;
  }
  return undefined;
}

/** What would allow what this process was refused: the lines and flags that name such things. */
export function refusalHint({ message }: Error): string {
  const kind = REFUSED.exec(message)?.[1] ?? "";
  const named = NAMED_BY[kind];
  if (named === undefined) return "This program may do no more than it was started with";
  const lines = reachLines(kind);
  if (lines === undefined) {
    return "Start it with cli/ssmd or deno task: they allow what the environment file names";
  }
  const list = lines.length === 0 ? "no line of the environment file" : lines.join(", ");
  return `It may use what is named by ${list}; name it there by ${named}`;
}

/** Lines for a kind; undefined = this process was not started by the launcher. */
function reachLines(kind: string): string[] | undefined {
  const text = variable(REACH_VARIABLE);
  if (text === undefined) return undefined;
  const lines = text.split("\n").filter((line) => line.startsWith(`${kind} `))
    .map((line) => line.slice(kind.length + 1));
  return lines.length <= LINES_MAX ? lines : [...lines.slice(0, LINES_MAX), "…"];
}
