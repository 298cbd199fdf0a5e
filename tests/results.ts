/** What a run of `deno test` brought. */
export interface Results {
  passed: number;
  failed: number;
  /** Names of the tests that were skipped; a name says why. */
  skipped: string[];
  /** What failed, with its errors; of a run that broke off its last lines. */
  errors: string[];
  /** Tests that failed; empty where a run broke off: it does not tell all of them. */
  failures: Failure[];
  /** Names of those that failed among all others and passed alone. */
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
 * Reads the output of `deno test` (without colour). A run that broke off, or that ended with another
 * code than its summary tells, counts as one failure at least.
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
  // Steps of one test are one failure.
  return [...new Map(failures.map((each) => [`${each.file} ${each.name}`, each])).values()];
}

function errorsOf(output: string, ended: boolean): string[] {
  const reported = [...output.matchAll(ERRORS)].map((match) => (match[1] ?? "").trim());
  if (ended && reported.length > 0) return reported;
  return [`broke off after:\n${output.trimEnd().split("\n").slice(-BROKE_OFF_LINES).join("\n")}`];
}

/** The results of several runs as those of one. */
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

/** The last line of a test run: `N passed, N failed`, and what was skipped. */
export function lastLineOf({ passed, failed, skipped, unsteady }: Results): string {
  const tail = skipped.length === 0 ? "" : `, ${skipped.length} skipped`;
  const again = unsteady.length === 0 ? "" : `, ${unsteady.length} at the second try`;
  return `${passed} passed, ${failed} failed${tail}${again}`;
}
