import { defineCommand } from "../command/define.ts";
import { ValuesFile } from "../deploy/values_file.ts";
import { EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { ENV_NAME } from "../registry/registry_args.ts";
import { Registry } from "../registry/registry.ts";

export default defineCommand({
  name: "env render",
  brief: "Write the Helm chart values of an environment for a cluster",
  description:
    "Writes deploy/environments/<env>/values.yaml beside the registry; git and Argo CD " +
    "deploy it. The same registry gives the same bytes, so a second run changes nothing. " +
    "Refused for settings that only work on one machine, with the settings to change.",
  examples: ["ssmd env render cluster", "ssmd env render cluster --dry-run"],
  flags: EDIT_FLAGS,
  args: [ENV_NAME],
  ...EDIT,
  async run({ flags: { dryRun }, args: [name], context }) {
    const registry = await Registry.open(context.globals);
    const file = await ValuesFile.of(registry, name);
    return { dry_run: dryRun, files: await file.render(registry, name, dryRun) };
  },
});
