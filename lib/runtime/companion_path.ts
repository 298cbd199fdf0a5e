/**
 * Returns the path of a program that `deno task compile` puts beside this compiled one; it may be
 * missing.
 */
export function companionPath(name: "ssmd-query" | "ssmd-host"): string {
  return Deno.execPath().replace(/[^/]*$/, name);
}
