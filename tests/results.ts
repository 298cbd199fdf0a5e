/** What a run of `deno test` brought. */
export interface Results {
  passed: number;
  failed: number;
  /** Names of the tests that were skipped; a name says why. */
  skipped: string[];
}

const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \(.*?\))? \| (\d+) failed(?: \(.*?\))?(?: \| (\d+) ignored)?/gm;
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
  return { passed, failed: code === 0 ? failed : Math.max(1, failed), skipped };
}

/** The last line of a test run: `N passed, N failed`, and what was skipped. */
export function lastLineOf({ passed, failed, skipped }: Results): string {
  const tail = skipped.length === 0 ? "" : `, ${skipped.length} skipped`;
  return `${passed} passed, ${failed} failed${tail}`;
}
