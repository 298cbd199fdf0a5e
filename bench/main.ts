/**
 * Runs every `bench/*_bench.ts` whose name holds one of the arguments (all without arguments), one after
 * another, each in a process of its own: `deno task bench [name]…`. @module
 */
const FOLDER = new URL("./", import.meta.url);

function benches(filters: readonly string[]): string[] {
  return [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
    .filter((name) => name.endsWith("_bench.ts"))
    .filter((name) => filters.length === 0 || filters.some((filter) => name.includes(filter)))
    .sort();
}

async function main(filters: readonly string[]): Promise<number> {
  const names = benches(filters);
  if (names.length === 0) {
    console.error(`no bench has such a name; there are: ${benches([]).join(", ")}`);
    return 2;
  }
  let failed = 0;
  for (const name of names) {
    console.log(`\n── ${name}`);
    const { code } = await new Deno.Command("deno", {
      args: ["run", "-A", "--frozen", new URL(name, FOLDER).pathname],
      cwd: new URL("../", FOLDER),
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn().status;
    if (code !== 0) failed++;
  }
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exitCode = await main(Deno.args.filter((arg) => arg !== "--"));
