import { infoOf, listTransforms } from "@ssmd/transforms";
import { z } from "zod";
import { OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { shownPath } from "../registry/registry.ts";
import { registryDirOf } from "../registry_dir.ts";

export default defineCommand({
  name: "transform list",
  brief: "List the stored transforms",
  examples: ["ssmd transform list"],
  flags: { output: OUTPUT },
  output: z.array(z.object({
    name: z.string(),
    language: z.enum(["ts", "lua"]),
    path: z.string(),
    source_hash: z.string().describe("SHA-256 of its source, hex"),
  })),
  table: (transforms) => ({
    rows: transforms.map(({ source_hash, ...rest }) => ({
      ...rest,
      source_hash: source_hash.slice(0, 12),
    })),
    counted: "transform",
  }),
  async run({ context }) {
    const stored = await listTransforms(await registryDirOf(context.globals));
    return stored.map((each) => ({ ...infoOf(each), path: shownPath(each.path) }));
  },
});
