import { compileTransform, infoOf, listTransforms, readTransform } from "@ssmd/transforms";
import { transformsDir, TransformSession } from "@ssmd/transforms";
import { UsageError, writeFileAtomically, writingTo } from "@ssmd/runtime";
import { z } from "zod";
import { OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { file } from "../command/flag.ts";
import { shownPath } from "../registry/registry.ts";
import { registryDirOf } from "../registry_dir.ts";

export default defineCommand({
  name: "transform add",
  brief: "Store a transform: a format of your own for streams, pages and exports",
  description:
    "A file name.ts has a default export, a function of one record; a file name.lua returns " +
    "one. It returns text, an object or bytes; nothing = the record is left out. It imports " +
    "nothing and runs without permissions. An existing transform of the same name is " +
    "replaced.",
  changes: "config-changes",
  examples: ["ssmd transform add desk_csv.lua"],
  flags: { output: OUTPUT },
  args: [file("Transform file, .ts or .lua", { placeholder: "file", required: true })],
  output: z.object({
    transform: z.string(),
    path: z.string(),
    state: z.enum(["added", "changed", "unchanged"]),
    source_hash: z.string(),
  }),
  async run({ args: [path], context }) {
    const source = await readTransform(path);
    const registryDir = await registryDirOf(context.globals);
    const known = (await listTransforms(registryDir)).find(({ name }) => name === source.name);
    if (known !== undefined && known.language !== source.language) {
      throw new UsageError("TRANSFORM_EXISTS", `There is "${shownPath(known.path)}" already`, {
        hint: `Give it another name, or take that one away: ssmd transform remove ${known.name}`,
      });
    }
    // Do not store a transform that cannot be loaded.
    const session = await TransformSession.open(compileTransform(source));
    await session.close();
    const stored = `${transformsDir(registryDir)}/${source.name}.${source.language}`;
    if (known?.text !== source.text) {
      await writingTo(stored, () => writeFileAtomically(stored, source.text));
    }
    return {
      ...{
        transform: source.name,
        path: shownPath(stored),
        source_hash: infoOf(source).source_hash,
      },
      state: known === undefined ? "added" : known.text === source.text ? "unchanged" : "changed",
    } as const;
  },
});
