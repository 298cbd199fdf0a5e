import { runProgram } from "./process.ts";

/** Line coverage of a file. */
export interface FileCoverage {
  file: string;
  lines: number;
  hit: number;
}

/** Minimum line coverage, percent. */
export const COVERAGE_MIN = 80;

/** Excluded files: generated code, the page (a browser runs it), tests and tools. */
const LEFT_OUT =
  /(_test|_fixtures)\.ts$|\/(generated|testing|testdata|page)\/|^(tests|bench|deploy)\//;

/** Parses an lcov report into files below `root`, without the excluded ones. */
export function coverageOf(lcov: string, root: string): FileCoverage[] {
  return lcov.split("end_of_record").flatMap((record) => {
    const path = /^SF:(.*)$/m.exec(record)?.[1] ?? "";
    if (!path.startsWith(root)) return [];
    const file = path.slice(root.length);
    if (LEFT_OUT.test(file)) return [];
    const lines = Number(/^LF:(\d+)$/m.exec(record)?.[1] ?? 0);
    const hit = Number(/^LH:(\d+)$/m.exec(record)?.[1] ?? 0);
    return [{ file, lines, hit }];
  });
}

/** Line coverage of all files, percent. */
export function percentOf(files: readonly FileCoverage[]): number {
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  const hit = files.reduce((sum, file) => sum + file.hit, 0);
  return lines === 0 ? 0 : (100 * hit) / lines;
}

/** Formats one line per folder of the first two levels, sorted, then the total. */
export function coverageTable(files: readonly FileCoverage[]): string[] {
  const folders = Map.groupBy(files, ({ file }) => file.split("/").slice(0, 2).join("/"));
  const named = [...folders].map(([name, each]) => [name.replace(/\.ts$/, ""), each] as const);
  const rows = [...named.sort(([a], [b]) => (a < b ? -1 : 1)), ["all", files] as const];
  return rows.map(([name, each]) => `${percentOf(each).toFixed(1).padStart(6)} %  ${name}`);
}

/** Reads raw coverage from `dir`. */
export async function readCoverage(dir: string): Promise<FileCoverage[]> {
  const lcovFile = `${dir}/lcov.info`;
  await runProgram(Deno.execPath(), ["coverage", dir, "--lcov", `--output=${lcovFile}`]);
  const root = new URL("../", import.meta.url).pathname;
  return coverageOf(await Deno.readTextFile(lcovFile), root);
}
