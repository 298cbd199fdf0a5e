import { runGenerators } from "./codegen.ts";
import { COVERAGE_MIN, coverageTable, percentOf, readCoverage } from "./coverage.ts";
import { docLint } from "./doc_lint.ts";
import { layerFindings } from "./layers_graph.ts";
import { runProgram } from "./process.ts";
import { E2E, reportTests, runTests } from "./run.ts";
import { lastLineOf } from "./results.ts";
import { taskFlags } from "./task_flags.ts";
import { unusedExportFindings } from "./unused_exports.ts";

/** A step of the gate. */
interface Step {
  name: string;
  /** Findings; none = passed. */
  run: () => Promise<string[]>;
}

const ROOT = new URL("../", import.meta.url).pathname.replace(/\/$/, "");

async function deno(...args: string[]): Promise<string[]> {
  const { code, output } = await runProgram(Deno.execPath(), args);
  return code === 0 ? [] : [output.trim()];
}

/**
 * The page's sources need the browser's types, which would change those of the rest: two programs.
 * Its tests run with all others.
 */
const PAGE = "gateway/page/src";

async function checkTypes(): Promise<string[]> {
  const { output } = await runProgram("git", ["ls-files", "*.ts"]);
  const others = output.split("\n").filter((path) =>
    path !== "" && (!path.startsWith(PAGE) || path.endsWith("_test.ts"))
  );
  return [
    ...await deno("check", "--frozen", ...others),
    ...await deno("check", "--frozen", PAGE),
  ];
}

const STATIC: readonly Step[] = [
  { name: "format", run: () => deno("fmt", "--check") },
  { name: "lint", run: () => deno("lint") },
  { name: "types", run: checkTypes },
  { name: "docs", run: docLint },
  { name: "layers", run: () => layerFindings(ROOT) },
  { name: "exports", run: () => unusedExportFindings(ROOT) },
  { name: "generated", run: () => runGenerators(true, false) },
];

let lastLine = "";

const TESTS: readonly Step[] = [{
  name: "tests",
  run: async () => {
    const coverageDir = await Deno.makeTempDir({ prefix: "ssmd-coverage-" });
    try {
      const results = await runTests([], { coverageDir, without: [E2E], parallel: true });
      reportTests(results);
      lastLine = lastLineOf(results);
      const files = await readCoverage(coverageDir);
      console.log(`\nlines that tests run through:\n${coverageTable(files).join("\n")}`);
      const percent = percentOf(files);
      const low = percent < COVERAGE_MIN
        ? [`${percent.toFixed(1)} % of lines are tested; at least ${COVERAGE_MIN} %`]
        : [];
      return results.failed > 0 ? [lastLine, ...low] : low;
    } finally {
      await Deno.remove(coverageDir, { recursive: true });
    }
  },
}];

/** Runs all steps in sequence, also those after a failed one. */
async function main(steps: readonly Step[]): Promise<number> {
  const rows: string[] = [];
  let failed = 0;
  for (const { name, run } of steps) {
    const startedMs = performance.now();
    const findings = await run();
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1).padStart(6);
    if (findings.length > 0) {
      failed++;
      console.error(`\n${name}:\n${findings.map((each) => `  ${each}`).join("\n")}`);
    }
    rows.push(`${findings.length === 0 ? "ok    " : "FAILED"} ${name.padEnd(10)} ${seconds} s`);
    if (steps.length > 1) console.log(rows.at(-1));
  }
  console.log(`\n${rows.join("\n")}`);
  if (lastLine !== "") console.log(lastLine);
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) {
  // .ci/run runs the tests itself, with all services required.
  const flags = taskFlags("ok", { static: "leaves the tests out" });
  Deno.exitCode = await main(flags.has("static") ? STATIC : [...STATIC, ...TESTS]);
}
