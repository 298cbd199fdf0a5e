/** Results of a run of `deno test`. */
export interface Results {
  passed: number;
  failed: number;
  /** Names of skipped tests; a name gives the reason. */
  skipped: string[];
  /** Failures with their errors; the last lines of an aborted run. */
  errors: string[];
  /** Tests that failed; empty for an aborted run, which does not list all of them. */
  failures: Failure[];
  /** Names of tests that failed in the full run and passed alone. */
  unsteady: string[];
}

/** A test that failed. */
export interface Failure {
  name: string;
  file: string;
}

const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \(.*?\))? \| (\d+) failed(?: \(.*?\))?(?: \| (\d+) ignored)?/gm;
const ERRORS = /^ ERRORS $([^]*?)^ FAILURES $/gm;
const FAILURES = /^ FAILURES $([^]*?)^FAILED \|/m;
const FAILURE = /^(\S.*?)(?: \.\.\. .*)? => \.\/(\S+?):\d+:\d+$/gm;
const BROKE_OFF_LINES = 20;
const SKIPPED = /^(\S.*) \.\.\. ignored \(/gm;

/**
 * Parses the output of `deno test` (without colour). An aborted run, or one with a non-zero exit code,
 * counts as at least one failure.
 */
export function resultsOf(output: string, code: number): Results {
  const summary = [...output.matchAll(SUMMARY)].at(-1);
  const passed = Number(summary?.[1] ?? 0);
  const failed = Number(summary?.[2] ?? 0);
  const skipped = [...output.matchAll(SKIPPED)].map((match) => match[1] ?? "");
  return {
    passed,
    failed: code === 0 ? failed : Math.max(1, failed),
    skipped,
    errors: code === 0 ? [] : errorsOf(output, summary !== undefined),
    failures: code === 0 ? [] : failuresOf(output),
    unsteady: [],
  };
}

function failuresOf(output: string): Failure[] {
  const reported = FAILURES.exec(output)?.[1] ?? "";
  const failures = [...reported.matchAll(FAILURE)].map(([, name = "", file = ""]) => ({
    name,
    file,
  }));
  // Failed steps of one test count once.
  return [...new Map(failures.map((each) => [`${each.file} ${each.name}`, each])).values()];
}

function errorsOf(output: string, ended: boolean): string[] {
  const reported = [...output.matchAll(ERRORS)].map((match) => (match[1] ?? "").trim());
  if (ended && reported.length > 0) return reported;
  return [`broke off after:\n${output.trimEnd().split("\n").slice(-BROKE_OFF_LINES).join("\n")}`];
}

/** Merges the results of several runs. */
export function sumOf(results: readonly Results[]): Results {
  return {
    passed: results.reduce((sum, { passed }) => sum + passed, 0),
    failed: results.reduce((sum, { failed }) => sum + failed, 0),
    skipped: results.flatMap(({ skipped }) => skipped),
    errors: results.flatMap(({ errors }) => errors),
    failures: results.flatMap(({ failures }) => failures),
    unsteady: results.flatMap(({ unsteady }) => unsteady),
  };
}

/** Returns the last line of a test run: `N passed, N failed`, and the skipped tests. */
export function lastLineOf({ passed, failed, skipped, unsteady }: Results): string {
  const tail = skipped.length === 0 ? "" : `, ${skipped.length} skipped`;
  const again = unsteady.length === 0 ? "" : `, ${unsteady.length} at the second try`;
  return `${passed} passed, ${failed} failed${tail}${again}`;
}
