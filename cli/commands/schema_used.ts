import { z } from "zod";
import { folderStorage } from "@ssmd/storage";
import { ENVIRONMENT_FILTER } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { day, dir } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import { Registry } from "../registry/registry.ts";
import { SCHEMA_USE, usedSchemas } from "../registry/used_schemas.ts";

export default defineCommand({
  name: "schema used",
  brief: "Show the schema versions with which archived data was written",
  description:
    "Reads the lineage at the start of every normalized file and looks the hash up in the " +
    "registry; a hash that is not registered has no version.",
  examples: [
    "ssmd schema used --data ./data",
    "ssmd schema used --day 2026-11-20 --output json",
  ],
  flags: {
    data: dir("Folder of the archive", { default: "./data" }),
    day: day("Only this day: YYYY-MM-DD, today, yesterday, 7d"),
    env: ENVIRONMENT_FILTER,
  },
  output: z.array(SCHEMA_USE),
  table: rowsOf("use"),
  async run({ flags, context }) {
    const registry = await Registry.open(context.globals);
    const storage = folderStorage(flags.data);
    try {
      return await usedSchemas(storage, registry, { day: flags.day, env: flags.env });
    } finally {
      await storage.close();
    }
  },
});
