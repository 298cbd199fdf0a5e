import { buildCommand, type Command } from "@stricli/core";
import { folderStorage } from "@ssmd/storage";
import type { SsmdContext } from "../context.ts";
import { ENV_FILTER_FLAG } from "../flags.ts";
import { dayFlag, docs, REGISTRY_FLAGS, type RegistryFlags } from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";
import { showList } from "../registry/show.ts";
import { usedSchemas } from "../registry/used_schemas.ts";

interface Flags extends RegistryFlags {
  data: string;
  day?: string;
  env?: string;
}

/** `ssmd schema used` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs(
    "Tell which archived data was written with which version of a schema",
    "Reads the lineage at the front of every normalized file and looks the hash up in the registry; " +
      "a hash that is not registered has no version.",
    ["ssmd schema used --data ./data", "ssmd schema used --day 2026-11-20 --output json"],
  ),
  parameters: {
    flags: {
      ...REGISTRY_FLAGS,
      data: {
        kind: "parsed",
        parse: String,
        brief: "Folder of the archive",
        default: "./data",
        placeholder: "dir",
      },
      day: dayFlag("One day only: YYYY-MM-DD, today, yesterday, 7d"),
      env: ENV_FILTER_FLAG,
    },
  },
  async func(flags) {
    const registry = await Registry.open(this.globals);
    const storage = folderStorage(flags.data);
    const rows = await usedSchemas(storage, registry, { day: flags.day, env: flags.env });
    await storage.close();
    showList(this, rows.map((use) => ({ ...use })), ["use", "uses"], flags.output);
  },
});
