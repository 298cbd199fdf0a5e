import { writingTo } from "@ssmd/runtime/output_error";
import { defineCommand } from "../command/define.ts";
import { parsed } from "../command/flag.ts";
import { OUTPUT_FORMATS, type OutputFormat } from "../output_format.ts";
import { compareRevisions } from "../revisions/compare_revisions.ts";
import { COMPARISON, comparisonText } from "../revisions/comparison_view.ts";
import { REVISION_FLAGS, runComparison } from "../revisions/run_comparison.ts";

export default defineCommand({
  name: "env compare",
  brief: "Compare what two revisions, run as whole environments, make of the same days",
  description:
    "Starts an environment of each revision, one after the other: connector, bus, archiver " +
    "and gateway as that revision has them. Each runs in its own worktree, on a free port, " +
    "with its own subjects, on a memory bus, in a folder for temporary files. It plays a copy " +
    "of the raw files; then the archived records are compared as by ssmd test replay. The " +
    "archive is only read and no other environment is reached. All of it is removed at the " +
    "end, also after a signal; what a killed run leaves is removed by the next one. Exit code " +
    "1 when a day fails. ssmd report post-github posts the report on a pull request.",
  examples: [
    "ssmd env compare --source ./ssmd --feed kraken --date 2026-08-01 --output report.json",
    "ssmd env compare --source ./ssmd --feed kraken --baseline HEAD --candidate main --output json",
  ],
  flags: {
    ...REVISION_FLAGS,
    output: parsed(parseOutput, "table, json or yaml; or a file *.json for the report", {
      ...{ default: "table", placeholder: "format|file" },
    }),
  },
  output: COMPARISON,
  failed: ({ passed }) => !passed,
  table: (value) => ({ text: comparisonText(value) }),
  async run(call) {
    const found = await runComparison(call, compareRevisions);
    const { output } = call.flags;
    if (output.endsWith(".json")) {
      const text = `${JSON.stringify(found, null, 2)}\n`;
      await writingTo(output, () => Deno.writeTextFile(output, text));
    }
    return found;
  },
});

function parseOutput(value: string): string {
  if (value.endsWith(".json") || OUTPUT_FORMATS.includes(value as OutputFormat)) return value;
  throw new RangeError(`one of ${OUTPUT_FORMATS.join(", ")}, or a file that ends in .json`);
}
