import { registryPathOf } from "@ssmd/metadata";
import { defineCommand } from "../command/define.ts";
import { applyChanges, EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { ENV_NAME } from "../registry/registry_args.ts";
import { Registry } from "../registry/registry.ts";

export default defineCommand({
  name: "env delete",
  brief: "Delete an environment's file",
  description: "Its data is kept. Git keeps what was committed: see ssmd env history.",
  examples: ["ssmd env delete demo --dry-run", "ssmd env delete demo-nats --yes"],
  flags: EDIT_FLAGS,
  args: [ENV_NAME],
  ...EDIT,
  async run({ flags: { dryRun }, args: [name], context }) {
    const registry = await Registry.open(context.globals);
    registry.text("environment", name);
    const path = registryPathOf({ kind: "environment", name });
    const changes = new Map([[path, undefined]]);
    const question = `Delete ${registry.dir}/${path}?`;
    return await applyChanges(context, { registry, changes }, { dryRun, question });
  },
});
