import { compareFindings } from "@ssmd/metadata";
import { defineCommand } from "../command/define.ts";
import { on } from "../command/flag.ts";
import { CHECKED, checkedOf, checkedTable, isWrong } from "../registry/findings.ts";
import { keyFindings } from "../registry/key_findings.ts";
import { reachFindings } from "../registry/reach.ts";
import { Registry } from "../registry/registry.ts";
import { checkRegistry } from "../registry/check_registry.ts";

export default defineCommand({
  name: "validate",
  brief: "Check all files of the registry and the references between them",
  description: "Prints every error in one run, with file:line:column, what is wrong and what is " +
    "allowed. Exit code 1 when there is one.",
  examples: ["ssmd validate", "ssmd validate --check-keys", "ssmd validate --output json"],
  flags: {
    checkKeys: on("Also check that every required key has a value"),
    reach: on("Also connect to the transport, storage, cache and feeds of all environments"),
  },
  output: CHECKED,
  table: checkedTable,
  failed: isWrong,
  async run({ flags, context }) {
    const registry = await Registry.open(context.globals);
    const { warnings, findings: found } = checkRegistry(registry);
    const findings = [...found];
    if (flags.checkKeys) findings.push(...await keyFindings(registry));
    if (flags.reach) findings.push(...await reachFindings(registry));
    return checkedOf(registry.texts.size, findings.sort(compareFindings), warnings);
  },
});
