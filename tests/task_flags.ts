/**
 * The flags of a task, of those that are named; what the task does with each stands beside it.
 * `--help` and what is not known print the usage and end the process, with 0 and with 2: a task that
 * takes minutes is not begun by a slip.
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
