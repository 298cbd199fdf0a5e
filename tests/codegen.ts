import { runProgram } from "./process.ts";

/** Programs that write files of the repository; each knows `--check`. */
const GENERATORS = ["lib/codec/generate.ts", "gateway/page/build.ts"];

/** Runs all generators; with `check` they write nothing. Gives what those said that did not end well. */
export async function runGenerators(check: boolean, show = true): Promise<string[]> {
  const findings: string[] = [];
  for (const file of GENERATORS) {
    const args = ["run", "-A", "--frozen", file, ...(check ? ["--check"] : [])];
    const { code, output } = await runProgram(Deno.execPath(), args, { show });
    if (code !== 0) findings.push(`${file}: ${output.trim()}`);
  }
  return findings;
}

if (import.meta.main) {
  const findings = await runGenerators(Deno.args.includes("--check"));
  Deno.exitCode = findings.length === 0 ? 0 : 1;
}
