import { runProgram } from "./process.ts";
import { taskFlags } from "./task_flags.ts";

/** Programs that generate files of the repository, with their permissions; each accepts `--check`. */
const GENERATORS: Readonly<Record<string, readonly string[]>> = {
  "lib/codec/generate.ts": ["--allow-read=.", "--allow-write=lib/codec/generated"],
  // It loads the commands, whose packages read environment variables.
  "cli/generate_catalogue.ts": [
    "--allow-read",
    "--allow-write=cli,deploy/shipped_registry_commands.ts",
    "--allow-env",
    "--allow-run=deno",
  ],
  // esbuild runs as a program in the package cache, whose path is unknown here.
  "lib/metadata/bundle_yaml.ts": [
    "--allow-read",
    "--allow-write=lib/metadata/generated",
    "--allow-run",
    "--allow-env",
    "--allow-sys",
  ],
  "lib/metadata/generate.ts": ["--allow-read=.", "--allow-write=exchanges,docs/configuration.md"],
  "cli/deploy/generate.ts": ["--allow-read=.", "--allow-write=deploy/charts/ssmd"],
  "deploy/grafana/generate.ts": ["--allow-read=.", "--allow-write=deploy/grafana/dashboards"],
  "tests/error_index.ts": ["--allow-read=.", "--allow-write=docs/errors.md"],
  // esbuild runs as a program in the package cache, whose path is unknown here.
  "gateway/page/build.ts": [
    "--allow-read",
    "--allow-write=gateway/page",
    "--allow-run",
    "--allow-env",
    "--allow-sys",
  ],
  "jobs/temporal/build_workflow.ts": [
    "--allow-read",
    "--allow-write=jobs/temporal/generated",
    "--allow-run",
    "--allow-env",
    "--allow-sys",
  ],
};

/** Runs all generators; with `check` they write nothing. Returns the output of those that failed. */
export async function runGenerators(check: boolean, show = true): Promise<string[]> {
  const findings: string[] = [];
  for (const [file, permissions] of Object.entries(GENERATORS)) {
    const args = ["run", ...permissions, "--frozen", file, ...(check ? ["--check"] : [])];
    const { code, output } = await runProgram("deno", args, { show });
    if (code !== 0) findings.push(`${file}: ${output.trim()}`);
  }
  return findings;
}

if (import.meta.main) {
  const flags = taskFlags("codegen", { check: "writes nothing, fails where a file would change" });
  const findings = await runGenerators(flags.has("check"));
  Deno.exitCode = findings.length === 0 ? 0 : 1;
}
