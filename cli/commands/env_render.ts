import { defineCommand } from "../command/define.ts";
import { ValuesFile } from "../deploy/values_file.ts";
import { EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { ENV_NAME } from "../registry/registry_args.ts";
import { Registry } from "../registry/registry.ts";

export default defineCommand({
  name: "env render",
  brief: "Write what a cluster deploys of an environment, as values of the Helm chart",
  description:
    "Into deploy/environments/<env>/values.yaml beside the registry; git and Argo CD carry it from " +
    "there. The same registry gives the same bytes: a second time nothing changes. Refused for what " +
    "only works on one machine, with what to set.",
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
