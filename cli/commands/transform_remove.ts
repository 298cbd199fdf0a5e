import { findTransform } from "@ssmd/transforms";
import { z } from "zod";
import { OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { assertConfirmed } from "../confirm.ts";
import { shownPath } from "../registry/registry.ts";
import { registryDirOf } from "../registry_dir.ts";
import { TRANSFORM } from "../transform/transform_args.ts";

export default defineCommand({
  name: "transform remove",
  brief: "Remove a stored transform",
  description: "Open streams keep using it until they end. Git keeps what was committed.",
  changes: "config-changes",
  examples: ["ssmd transform remove desk_csv --yes"],
  flags: { output: OUTPUT },
  args: [TRANSFORM],
  output: z.object({ transform: z.string(), path: z.string() }),
  async run({ args: [name], context }) {
    const { path } = await findTransform(await registryDirOf(context.globals), name);
    assertConfirmed(context, `Remove ${shownPath(path)}?`);
    await Deno.remove(path);
    return { transform: name, path: shownPath(path) };
  },
});
