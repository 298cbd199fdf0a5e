import assert from "node:assert/strict";
import {
  changeClone,
  killedAfter,
  NOTHING_LEFT,
  REVISION_RUNS,
  runLine,
  withClone,
} from "../testing/own_clone.ts";
import { commentText } from "./comparison_view.ts";

const COMPARE = "ssmd env compare --source ./ssmd --feed kraken --date 2026-08-01 --data ./data";

/** Faults of each part that a whole environment has, and what is told of the first record. */
const FAULTS = [
  {
    part: "normalizer",
    path: "exchanges/kraken/trade.ts",
    change: { from: "price: given.price,", to: "price: Math.round(given.price)," },
    first: /BTCUSD 2026-08-01T02:53:50\.00\d+Z trade: changed: price 66000\.1 → 66000\n/,
  },
  {
    part: "connector",
    path: "connector/record_output.ts",
    change: {
      from: "event: MarketEvent): void {\n    this.#to?.queue.push(message);",
      to:
        "event: MarketEvent): void {\n    if (this.records !== 99) this.#to?.queue.push(message);",
    },
    first: /first record that differs: BTCUSD 2026-08-01T02:53:[.\d]+Z trade: only old\n/,
  },
  {
    part: "archiver",
    path: "archiver/window_router.ts",
    change: {
      from: "record.payload = message.payload;",
      to: "record.payload = this.records === 9 ? record.payload : message.payload;",
    },
    first: /first record that differs: BTCUSD 2026-08-01T02:53:50[.\d]+Z trade: (changed|only old)/,
  },
];

Deno.test("a fault of any part is found with the first record that differs; equal ones pass", () =>
  withClone(async (project) => {
    for (const { part, path, change, first } of FAULTS) {
      await runLine(project, "git -C ssmd checkout -q .");
      await changeClone(project, path, change);
      const summary = await runLine(project, COMPARE, 1);
      assert.match(summary, /^2026-08-01 +FAIL /m, part);
      assert.match(summary, first, `${part}\n${summary}`);
    }
    // The fault is not committed.
    const table = await runLine(project, `${COMPARE} --candidate main --output report.json`);
    assert.match(table, /^2026-08-01 +PASS +1222 +1222 +0 +0 +0 +same$/m);
    const text = await Deno.readTextFile(`${project.dir}/report.json`);
    assert.equal(commentText(text), `\`\`\`\n${table}\`\`\`\n`);
    assert.equal(commentText("{}"), "{}");
    const report = JSON.parse(text);
    const [day] = report.days;
    assert.deepEqual([report.passed, day.result, day.first], [true, "PASS", null]);
    assert.deepEqual(
      day.types.map(({ type, same }: { type: string; same: number }) => [type, same]),
      [["trade", 1182], ["gap", 40]],
    );
    assert.equal(await runLine(project, NOTHING_LEFT), "0\n1\n");
  }));

Deno.test({
  name: "a comparison that is ended leaves nothing; what a killed one left goes with the next",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withClone(async (project) => {
      const ended = (signal: string, moment = REVISION_RUNS) =>
        runLine(project, killedAfter(COMPARE, moment, signal));
      assert.equal(await ended("TERM"), "ended with 1\n0\n1\n");
      assert.match(await runLine(project, "cat err"), /INTERRUPTED/);
      for (const step of ["copying", "compare-baseline", "compare-candidate", "comparing"]) {
        const moment =
          `for i in $(seq 12000); do grep -qs "${step}" err && break; sleep 0.01; done`;
        assert.doesNotMatch(await ended("KILL", moment), /still running/, step);
      }
      // A git that was killed with it leaves its worktree locked.
      await runLine(project, "git -C ssmd worktree add -q --lock ../ssmd-env-compare-x/baseline");
      await runLine(project, "rm -r ssmd-env-compare-x");
      await runLine(project, `${COMPARE} --baseline no-such-revision`, 1);
      assert.equal(await runLine(project, NOTHING_LEFT), "0\n1\n");
    }),
});
