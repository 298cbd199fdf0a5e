/**
 * Parses the flags of a task; each known flag comes with its description. `--help` and unknown flags
 * print the usage and exit, with 0 and with 2, so that a typo does not start a task of minutes.
 */
export function taskFlags<Name extends string>(
  task: string,
  flags: Readonly<Record<Name, string>>,
): ReadonlySet<Name> {
  const names = Object.keys(flags) as Name[];
  const given = Deno.args.filter((arg) => arg !== "--").map((arg) => arg.replace(/^--/, ""));
  const unknown = given.filter((arg) => arg !== "help" && !names.some((name) => name === arg));
  if (unknown.length === 0 && !given.includes("help")) {
    return new Set(names.filter((name) => given.includes(name)));
  }
  const lines = names.map((name) => `  --${name}  ${flags[name]}`);
  const usage = [`deno task ${task} ${names.map((name) => `[--${name}]`).join(" ")}`, ...lines];
  if (unknown.length > 0) console.error(`unknown: ${unknown.join(" ")}`);
  console.error(usage.join("\n"));
  Deno.exit(unknown.length > 0 ? 2 : 0);
}
