import { buildCommand, type Command } from "@stricli/core";
import { editorLine, YamlEdit, yamlText } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { applyChanges } from "../registry/change.ts";
import { docs, EDIT_FLAGS, type EditFlags, listFlag, textFlag, word } from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";
import { signInOf } from "../registry/sign_in.ts";
import { applySettings, SET_FLAGS, type SetFlags } from "../registry/set_flags.ts";

interface Flags extends EditFlags, SetFlags {
  from?: string;
  feeds?: string[];
  keySource?: string;
}

/** `ssmd env create` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Write a new environment, from nothing or from another one",
    "From nothing: memory transport, local storage in ./data, gateway on port 8080, no symbols yet; " +
      "ssmd symbol map adds them. For a feed that signs in it declares a key of the feed's name: " +
      "ssmd key set writes its values. --from takes over all of another one but its name.",
    [
      "ssmd env create mine --feeds kraken",
      "ssmd env create mine --from demo --set gateway.port=8090 --set simulator.seed=7 --dry-run",
    ],
  ),
  parameters: {
    flags: {
      ...EDIT_FLAGS,
      ...SET_FLAGS,
      from: textFlag("Environment to start from", "env"),
      feeds: listFlag("Feeds of the registry", "feeds"),
      keySource: textFlag(
        "Where keys of feeds come from: env, file:<path>, mount:<dir> or sealed-secret/<name>; " +
          "default file:secrets/<env>-<feed>.yaml",
        "source",
      ),
    },
    positional: { kind: "tuple", parameters: [word("Name of the new environment", "env")] },
  },
  async func(flags, name) {
    const registry = await Registry.open(this.globals);
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
    await applyChanges(registry, changes, flags, this);
  },
});

function freshText(registry: Registry, name: string, { feeds, keySource }: Flags): string {
  if (feeds === undefined) {
    throw new UsageError("USAGE", "an environment needs feeds", {
      hint: "name them with --feeds kraken,kalshi, or take another environment with --from",
    });
  }
  const known = feeds.flatMap((id) => registry.check().feeds.get(id) ?? []);
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
    cache: { type: "memory" },
    journal: { type: "file", path: "./data/journal" },
    gateway: { host: "127.0.0.1", port: 8080 },
    schedule: { timezone: "UTC", day_start: "00:10", day_end: "00:00", auto_roll: true },
  }, [editorLine("environment")]);
}
