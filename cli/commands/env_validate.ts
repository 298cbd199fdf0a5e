import { type Finding, registryPathOf } from "@ssmd/metadata";
import { defineCommand } from "../command/define.ts";
import { CHECKED, checkedOf, checkedTable, isWrong } from "../registry/findings.ts";
import { ENV_NAME } from "../registry/registry_args.ts";
import { Registry } from "../registry/registry.ts";
import { checkRegistry } from "../registry/check_registry.ts";

export default defineCommand({
  name: "env validate",
  brief: "Check one environment and the feeds it uses",
  description: "Exit code 1 when there are errors. ssmd validate checks everything.",
  examples: ["ssmd env validate demo"],
  args: [ENV_NAME],
  output: CHECKED,
  table: checkedTable,
  failed: isWrong,
  async run({ args: [name], context }) {
    const registry = await Registry.open(context.globals);
    registry.text("environment", name);
    const { findings, warnings, environments } = checkRegistry(registry);
    const feeds = environments.get(name)?.feeds ?? registry.names("feed");
    const files = new Set([
      registryPathOf({ kind: "environment", name }),
      ...feeds.map((feed) => registryPathOf({ kind: "feed", name: feed })),
    ].map((path) => `${registry.dir}/${path}`));
    const isOwn = ({ file }: Finding) => files.has(file);
    return checkedOf(files.size, findings.filter(isOwn), warnings.filter(isOwn));
  },
});
