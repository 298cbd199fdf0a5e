import { ENVIRONMENT_FILTER } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { CHECKED, checkedOf, checkedTable, isWrong } from "../registry/findings.ts";
import { Registry } from "../registry/registry.ts";
import { checkRegistry } from "../registry/check_registry.ts";

export default defineCommand({
  name: "symbol validate",
  brief: "Check the symbols of one or all environments",
  description: "Checks feeds, depths, duplicate names, and that a symbol means the same market " +
    "everywhere. Exit code 1 when there are errors.",
  examples: ["ssmd symbol validate", "ssmd symbol validate --env demo"],
  flags: { env: ENVIRONMENT_FILTER },
  output: CHECKED,
  table: checkedTable,
  failed: isWrong,
  async run({ flags, context }) {
    const registry = await Registry.open(context.globals);
    if (flags.env !== undefined) registry.text("environment", flags.env);
    const names = flags.env === undefined ? registry.names("environment") : [flags.env];
    const files = new Set(names.map((name) => `${registry.dir}/environments/${name}.yaml`));
    const findings = checkRegistry(registry).findings.filter(({ file, path }) =>
      files.has(file) && (path === "" || /^symbols\b/.test(path))
    );
    return checkedOf(files.size, findings);
  },
});
