import type { YamlEdit } from "@ssmd/metadata";
import { parse } from "yaml";
import { parsed, text, type ValuesOf } from "../command/flag.ts";
import { UsageError } from "../exit.ts";

/** Flags that change any value of a file. */
export const SET_FLAGS = {
  set: parsed(parseSetting, "Set a value: a path and YAML, like gateway.port=8090", {
    placeholder: "path=value",
    repeated: true,
  }),
  unset: text("Remove a value by its path", { placeholder: "path", repeated: true }),
};
/** See {@linkcode SET_FLAGS}. */
type SetFlags = ValuesOf<typeof SET_FLAGS>;

/** Splits `a.b=c` into path and value. Throws RangeError. */
function parseSetting(text: string): [string, unknown] {
  const at = text.indexOf("=");
  if (at < 1) throw new RangeError("a setting is path=value: gateway.port=8090");
  return [text.slice(0, at), parse(text.slice(at + 1)) ?? ""];
}

/** Parses a path such as `versions[0].notes` or `symbols["KX-T1.5"].depth`. */
function parsePath(text: string): (string | number)[] {
  const path: (string | number)[] = [];
  for (const [, word, index, quoted] of text.matchAll(/([^.[\]"]+)|\[(\d+)\]|\["([^"]+)"\]/g)) {
    path.push(index === undefined ? quoted ?? word ?? "" : Number(index));
  }
  return path;
}

/** Applies `--set` and `--unset`. Throws UsageError when a path to remove is missing. */
export function applySettings(edit: YamlEdit, { set = [], unset = [] }: SetFlags): void {
  for (const [path, value] of set) edit.set(parsePath(path), value);
  for (const path of unset) {
    if (edit.remove(parsePath(path))) continue;
    throw new UsageError("USAGE", `There is no ${path} to remove`, {
      hint: "Show prints all paths of the file",
    });
  }
}
