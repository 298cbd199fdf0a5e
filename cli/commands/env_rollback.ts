import { historyOf, registryPathOf, textIn } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { ValuesFile } from "../deploy/values_file.ts";
import { applyChanges, EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { ENV_NAME } from "../registry/registry_args.ts";
import { Registry } from "../registry/registry.ts";

export default defineCommand({
  name: "env rollback",
  brief: "Restore an earlier environment file, and render it again if it is deployed",
  description:
    "Writes the file as of a commit, by default the one before the newest that changed it; " +
    "ssmd env history lists the commits. Nothing is committed, and running processes are not " +
    "changed: ssmd env apply, or a commit of the rendered values, applies it.",
  examples: ["ssmd env rollback demo --dry-run", "ssmd env rollback demo"],
  flags: {
    to: text("Commit to restore the file from", { placeholder: "commit" }),
    ...EDIT_FLAGS,
  },
  args: [ENV_NAME],
  ...EDIT,
  async run({ flags: { to, dryRun }, args: [name], context }) {
    const registry = await Registry.open(context.globals);
    const path = registryPathOf({ kind: "environment", name });
    registry.text("environment", name);
    const commits = (await historyOf(registry.dir, path)).map(({ commit }) => commit);
    const commit = to === undefined ? commits[1] : commits.find((each) => each.startsWith(to));
    const old = commit === undefined ? undefined : await textIn(registry.dir, commit, path);
    if (old === undefined) throw noSuchCommit(name, to);
    const changes = new Map([[path, old]]);
    const { files } = await applyChanges(context, { registry, changes }, { dryRun });
    const values = await ValuesFile.of(registry, name);
    const rendered = values.before === undefined
      ? []
      : await values.render(registry.with(changes), name, dryRun);
    return { dry_run: dryRun, files: [...files, ...rendered] };
  },
});

function noSuchCommit(name: string, to: string | undefined): ConfigError {
  const what = to === undefined ? "no earlier commit of it" : `no commit ${to} that changed it`;
  return new ConfigError("CONFIG_NOT_FOUND", `Environment "${name}": git knows ${what}`, {
    hint: `ssmd env history ${name} lists them`,
  });
}
