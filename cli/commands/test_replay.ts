import { defineCommand } from "../command/define.ts";
import { COMPARISON, comparisonText } from "../revisions/comparison_view.ts";
import { replayRevisions } from "../revisions/replay_revisions.ts";
import { REVISION_FLAGS, runComparison } from "../revisions/run_comparison.ts";

export default defineCommand({
  name: "test replay",
  brief: "Compare the records that two revisions produce from the same raw files",
  description:
    "Checks out each revision into its own worktree, where its normalizer translates a copy " +
    "of the raw files; the archive is only read. A day passes when all records are equal " +
    "(except their number in the connection) and have the same schema. For a day that fails, " +
    "shows differences in the distribution of values and delays, and each symbol's first " +
    "three differences. All files are created in the folder for temporary files and removed " +
    "at the end, also after a signal; the next run removes those of a killed one. Exit code " +
    "1 when a day fails.",
  examples: [
    "ssmd test replay --source ./ssmd --feed kraken --date 2026-08-01",
    "ssmd test replay --source ./ssmd --feed kraken --baseline HEAD --candidate main --output json",
  ],
  flags: REVISION_FLAGS,
  output: COMPARISON,
  failed: ({ passed }) => !passed,
  table: (value) => ({ text: comparisonText(value) }),
  run: (call) => runComparison(call, replayRevisions),
});
