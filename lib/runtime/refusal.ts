import { variable } from "./variable.ts";

/** Variable with the launcher's config lines that grant hosts and folders, one per line. */
const REACH_VARIABLE = "SSMD_REACH";

const REFUSED = /Requires (\w+) access to (?:"([^"]+)"|<(\w+)>)/;
/** Lines shown at most; a registry may have hundreds. */
const LINES_MAX = 6;
const CAUSES_MAX = 8;
/** Config fields and flags that grant each kind of permission. */
const NAMED_BY: Readonly<Record<string, string>> = {
  net: "transport.url, storage.endpoint, endpoints.<feed>, gateway.host, --endpoint or --url",
  write: "storage.path, journal.path, gateway.clients.path, --data or --out",
  read: "keys.<name>.source, storage.path, or the path as an argument",
};

/** Returns the denied-permission error in a thrown value or its causes; undefined = none. */
export function refusalIn(error: unknown): Error | undefined {
  let each = error;
  for (let depth = 0; depth < CAUSES_MAX && each instanceof Error; depth++) {
    if (each instanceof Deno.errors.NotCapable) return each;
    each = each.cause;
  }
  return undefined;
}

/** Returns a hint on which config lines and flags would grant the denied permission. */
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

/** Returns the lines for a permission; undefined = the process was not started by the launcher. */
function reachLines(kind: string): string[] | undefined {
  const text = variable(REACH_VARIABLE);
  if (text === undefined) return undefined;
  const lines = text.split("\n").filter((line) => line.startsWith(`${kind} `))
    .map((line) => line.slice(kind.length + 1));
  return lines.length <= LINES_MAX ? lines : [...lines.slice(0, LINES_MAX), "…"];
}
