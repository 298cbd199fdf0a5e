/**
 * Runs every `bench/*_bench.ts` whose name holds one of the arguments (all without arguments), one after
 * another, each in a process of its own: `deno task bench [name]… [--flag of a bench]…`.
 * `deno task bench day …` runs a simulated day instead, see day.ts. @module
 */
const FOLDER = new URL("./", import.meta.url);

function benches(filters: readonly string[]): string[] {
  return [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
    .filter((name) => name.endsWith("_bench.ts"))
    .filter((name) => filters.length === 0 || filters.some((filter) => name.includes(filter)))
    .sort();
}

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === "day") return await run("day.ts", args.slice(1)) ? 0 : 1;
  const { flags = [], filters = [] } = Object.groupBy(
    args,
    (arg) => arg.startsWith("--") ? "flags" : "filters",
  );
  const names = benches(filters);
  if (names.length === 0) {
    console.error(`no bench has such a name; there are: ${benches([]).join(", ")}`);
    return 2;
  }
  let failed = 0;
  for (const name of names) {
    console.log(`\n── ${name}`);
    if (!await run(name, flags)) failed++;
  }
  return failed === 0 ? 0 : 1;
}

async function run(name: string, args: readonly string[] = []): Promise<boolean> {
  const { code } = await new Deno.Command("deno", {
    args: ["run", "-A", "--frozen", new URL(name, FOLDER).pathname, ...args],
    cwd: new URL("../", FOLDER),
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  return code === 0;
}

if (import.meta.main) Deno.exitCode = await main(Deno.args.filter((arg) => arg !== "--"));
