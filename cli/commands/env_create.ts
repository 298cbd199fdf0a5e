import { editorLine, YamlEdit, yamlText } from "@ssmd/metadata";
import { defineCommand } from "../command/define.ts";
import { list, text } from "../command/flag.ts";
import { UsageError } from "../exit.ts";
import { applyChanges, EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { Registry } from "../registry/registry.ts";
import { applySettings, SET_FLAGS } from "../registry/set_flags.ts";
import { signInOf } from "../registry/sign_in.ts";
import { checkRegistry } from "../registry/check_registry.ts";

export default defineCommand({
  name: "env create",
  brief: "Create a new environment, empty or from another one",
  description:
    "An empty one has memory transport, local storage in ./data, the gateway on port 8080, " +
    "and no symbols; ssmd symbol map adds them. For a feed that signs in, it declares a key " +
    "with the feed's name: ssmd key set writes the values. --from copies everything but the " +
    "name from another environment.",
  examples: [
    "ssmd env create mine --feeds kraken",
    "ssmd env create mine --from demo --set gateway.port=8090 --set simulator.seed=7 --dry-run",
  ],
  flags: {
    ...EDIT_FLAGS,
    ...SET_FLAGS,
    from: text("Environment to copy from", { placeholder: "env", completes: "environment" }),
    feeds: list("Feeds of the registry", { placeholder: "feeds", completes: "feed" }),
    keySource: text(
      "Source of the feeds' keys: env, file:<path>, mount:<dir> or sealed-secret/<name>; " +
        "default file:secrets/<env>-<feed>.yaml",
      { placeholder: "source" },
    ),
  },
  args: [text("Name of the new environment", { placeholder: "env", required: true })],
  ...EDIT,
  async run({ flags, args: [name], context }) {
    const registry = await Registry.open(context.globals);
    registry.assertNew("environment", name);
    const edit = new YamlEdit(
      flags.from === undefined
        ? freshText(registry, name, flags)
        : registry.text("environment", flags.from),
    );
    edit.set(["name"], name);
    if (flags.feeds !== undefined) edit.set(["feeds"], flags.feeds);
    applySettings(edit, flags);
    const changes = new Map([[`environments/${name}.yaml`, edit.toString()]]);
    return await applyChanges(context, { registry, changes }, flags);
  },
});

function freshText(
  registry: Registry,
  name: string,
  { feeds, keySource }: { feeds?: string[]; keySource?: string },
): string {
  if (feeds === undefined) {
    throw new UsageError("USAGE", "An environment needs feeds", {
      hint: "Name them with --feeds kraken,kalshi, or take another environment with --from",
    });
  }
  const known = feeds.flatMap((id) => checkRegistry(registry).feeds.get(id) ?? []);
  const { keys, credentials } = signInOf(
    known,
    (key) => keySource ?? `file:secrets/${name}-${key}.yaml`,
  );
  const signs = Object.keys(keys).length > 0;
  return yamlText({
    name,
    feeds,
    schema: "v1",
    keys: signs ? keys : undefined,
    credentials: signs ? credentials : undefined,
    symbols: {},
    transport: { type: "memory" },
    storage: { type: "local", path: "./data" },
    journal: { type: "file", path: "./data/journal" },
    gateway: { host: "127.0.0.1", port: 8080 },
  }, [editorLine("environment")]);
}
