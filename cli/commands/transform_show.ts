import { infoOf } from "@ssmd/transforms";
import { z } from "zod";
import { OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { shownPath } from "../registry/registry.ts";
import { namedTransform, TRANSFORM } from "../transform/transform_args.ts";

export default defineCommand({
  name: "transform show",
  brief: "Show a stored transform",
  examples: ["ssmd transform show desk_csv"],
  flags: { output: OUTPUT },
  args: [TRANSFORM],
  output: z.object({
    name: z.string(),
    language: z.enum(["ts", "lua"]),
    path: z.string(),
    source_hash: z.string(),
    text: z.string(),
  }),
  table: ({ path, source_hash, text }) => ({ text: `${path} ${source_hash}\n\n${text}` }),
  async run({ args: [name], context }) {
    const found = await namedTransform(context.globals, name);
    return { ...infoOf(found), path: shownPath(found.path), text: found.text };
  },
});
