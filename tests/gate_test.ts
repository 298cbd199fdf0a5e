import assert from "node:assert/strict";
import { coverageOf, coverageTable, percentOf } from "./coverage.ts";
import { docFindings } from "./doc_lint.ts";
import { lastLineOf, resultsOf, sumOf } from "./results.ts";

const OUTPUT = `a passes ... ok (2ms)
needs nats-server, which is not here ... ignored (0ms)
steps ...
  one ... ok (0ms)
  two ... ignored (0ms)

 ERRORS 

a fails => ./a_test.ts:1:6
error: Error: why

 FAILURES 

a fails => ./a_test.ts:1:6
steps ... two => ./b_test.ts:7:11
steps => ./b_test.ts:6:6

FAILED | 12 passed (3 steps) | 2 failed (1 step) | 1 ignored (1 step) (1s)

error: Test failed
`;

Deno.test("passed, failed and skipped tests are read from the summary", () => {
  const results = resultsOf(OUTPUT, 1);
  assert.deepEqual(results, {
    passed: 12,
    failed: 2,
    skipped: ["needs nats-server, which is not here"],
    errors: ["a fails => ./a_test.ts:1:6\nerror: Error: why"],
    failures: [{ name: "a fails", file: "a_test.ts" }, { name: "steps", file: "b_test.ts" }],
    unsteady: [],
  });
  assert.equal(lastLineOf(results), "12 passed, 2 failed, 1 skipped");
});

Deno.test("a sound run ends in N passed, N failed", () => {
  assert.equal(lastLineOf(resultsOf("\nok | 3 passed | 0 failed (1s)\n", 0)), "3 passed, 0 failed");
});

Deno.test("a run that broke off counts as a failure", () => {
  assert.equal(lastLineOf(resultsOf("error: Type checking failed.", 1)), "0 passed, 1 failed");
  assert.equal(resultsOf("ok | 3 passed | 0 failed (1s)", 1).failed, 1);
  assert.deepEqual(resultsOf("one ... ok (1ms)\ntwo ...", 143).errors, [
    "broke off after:\none ... ok (1ms)\ntwo ...",
  ]);
});

Deno.test("what failed among all others and passed alone is told in the last line", () => {
  const { failures, ...results } = resultsOf(OUTPUT, 1);
  const unsteady = failures.map(({ name }) => name);
  assert.equal(
    lastLineOf({ ...results, failures, passed: 14, failed: 0, unsteady }),
    "14 passed, 0 failed, 1 skipped, 2 at the second try",
  );
});

Deno.test("runs beside each other end in one last line", () => {
  const results = sumOf([resultsOf(OUTPUT, 1), resultsOf("ok | 3 passed | 0 failed (1s)", 0)]);
  assert.equal(lastLineOf(results), "15 passed, 2 failed, 1 skipped");
});

Deno.test("coverage counts lines of our own code only", () => {
  const lcov = ["lib/a.ts", "lib/a_test.ts", "lib/codec/generated/b.ts", "tests/run.ts"]
    .map((file) => `SF:/repo/${file}\nLF:10\nLH:9\nend_of_record\n`).join("") +
    "SF:/elsewhere/c.ts\nLF:10\nLH:0\nend_of_record\n" +
    "SF:/repo/cli/d.ts\nLF:10\nLH:0\nend_of_record\n";
  const files = coverageOf(lcov, "/repo/");
  assert.deepEqual(files.map(({ file }) => file), ["lib/a.ts", "cli/d.ts"]);
  assert.equal(percentOf(files), 45);
  assert.deepEqual(coverageTable(files).at(-1), "  45.0 %  all");
});

Deno.test("missing sentences count for what is exported, not for its fields", () => {
  const error = (rule: string, line: string) =>
    `error[${rule}]: something\n  --> /repo/lib/a.ts:5:9\n   | \n 5 | ${line}\n   |  ^\n`;
  const output = error("missing-jsdoc", "export const a = 1;") +
    error("missing-jsdoc", "  feed: string;") +
    error("private-type-ref", "export type B = C;") +
    error("missing-return-type", "export function f() {}");
  assert.deepEqual(docFindings(output), [
    "/repo/lib/a.ts:5: missing-jsdoc",
    "/repo/lib/a.ts:5: missing-return-type",
  ]);
});
