import { runProgram } from "./process.ts";
import { lastLineOf, type Results, resultsOf, sumOf } from "./results.ts";

/** Options of {@linkcode runTests}. */
export interface TestOptions {
  /** Folder for raw coverage; absent = none is measured. */
  coverageDir?: string;
  /** Excluded paths. */
  without?: readonly string[];
  /** Whether other runs print at the same time. */
  isLane?: boolean;
  /** Whether test files run in parallel, one per core. */
  parallel?: boolean;
}

/**
 * Runs `deno test`. A filter that is a file or folder selects it; any other filter selects tests by
 * part of their name.
 */
export async function runTests(
  filters: readonly string[],
  { coverageDir, without = [], parallel = false, isLane = false }: TestOptions = {},
): Promise<Results> {
  const paths = filters.filter(exists);
  const names = filters.filter((filter) => !exists(filter));
  const args = ["test", "-A", "--frozen"];
  if (names.length > 0) args.push(`--filter=/${names.map(escaped).join("|")}/i`);
  if (parallel) args.push("--parallel");
  if (without.length > 0) args.push(`--ignore=${without.join(",")}`);
  if (coverageDir) args.push(`--coverage=${coverageDir}`, "--coverage-raw-data-only");
  const show = isLane ? "lines" : true;
  const { code, output } = await runProgram(Deno.execPath(), [...args, ...paths], { show });
  return resultsOf(output, code);
}

/** Real processes, killed and restarted for minutes; they mostly wait. */
export const E2E = "tests/e2e";
/** Hundreds of commands, each in its own process. */
const EXAMPLES = "cli/examples_test.ts";
/** They wait for a Prometheus, beside the examples, which end long before the other processes. */
const ALERTS = ["tests/e2e/alerts_services_test.ts", "tests/e2e/alerts_test.ts"];

/** Maximum number of failures that are retried: more have a common cause. */
const UNSTEADY_MAX = 3;

/** Runs all tests in parallel lanes, each in its own process. */
async function runAllTests(): Promise<Results> {
  const results = sumOf(
    await Promise.all([
      runTests([], { without: [E2E, EXAMPLES], isLane: true }),
      runTests([E2E], { without: ALERTS, isLane: true }),
      runTests([EXAMPLES, ...ALERTS], { isLane: true }),
    ]),
  );
  const { failed, failures } = results;
  if (failed === 0 || failed !== failures.length || failed > UNSTEADY_MAX) return results;
  return await runAlone(results);
}

/** Retries each failed test alone once; both results are reported. */
async function runAlone(results: Results): Promise<Results> {
  for (const { name, file } of results.failures) {
    console.log(`\nagain, alone: ${name}`);
    const args = ["test", "-A", "--frozen", `--filter=/^${escaped(name)}$/`, file];
    const { code, output } = await runProgram(Deno.execPath(), args, { show: true });
    const second = resultsOf(output, code);
    if (second.failed > 0 || second.passed === 0) return results;
  }
  const { passed, failed, failures } = results;
  const unsteady = failures.map(({ name }) => name);
  return { ...results, passed: passed + failed, failed: 0, unsteady };
}

/** Prints what failed and what was skipped, then the last line. */
export function reportTests(results: Results): void {
  const failed = results.unsteady.length > 0 ? "failed at first, passed alone" : "failed";
  for (const error of results.errors) console.log(`\n${failed}:\n${error}`);
  if (results.skipped.length > 0) console.log("\nskipped:");
  for (const name of results.skipped) console.log(`  ${name}`);
  console.log(lastLineOf(results));
}

function exists(path: string): boolean {
  try {
    Deno.statSync(new URL(path, new URL("../", import.meta.url)));
    return true;
  } catch {
    return false;
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

if (import.meta.main) {
  const filters = Deno.args.filter((arg) => arg !== "--");
  const results = await (filters.length === 0 ? runAllTests() : runTests(filters));
  reportTests(results);
  const none = results.passed + results.failed + results.skipped.length === 0;
  if (none) console.error("no test has such a name");
  Deno.exitCode = results.failed > 0 || none ? 1 : 0;
}
