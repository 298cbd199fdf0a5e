import type { Origin } from "@ssmd/metadata";
import {
  readRegistryTexts,
  type RegistryFileId,
  registryPathOf,
  todayUtc,
} from "@ssmd/metadata/registry_content";
import { ConfigError } from "@ssmd/runtime/errors";
import type { Globals } from "../context.ts";
import { loadModule } from "../load_module.ts";
import { registryDirOf } from "../registry_dir.ts";
import { Registry, shownPath } from "./registry.ts";

/** Registry as of a day. */
interface View {
  registry: Registry;
  /** Day that selects among dated versions. */
  day: string;
  /** Source of the files. */
  origin: Origin;
}

/** What reads git, which only days in the past need. */
const gitHistory = () => loadModule<typeof import("@ssmd/metadata")>("@ssmd/metadata");

/** Registry as of the end of a UTC day, as `registryTextsOn` reads it; undefined = now. */
export async function viewOn(
  globals: Pick<Globals, "dir">,
  day: string | undefined,
): Promise<View> {
  const found = shownPath(await registryDirOf(globals));
  if (day === undefined) {
    const registry = new Registry(found, await readRegistryTexts(found));
    return { registry, day: todayUtc(), origin: {} };
  }
  const { registryTextsOn } = await gitHistory();
  const { texts, ...view } = await registryTextsOn(found, day);
  return { registry: new Registry(found, texts, view.origin.commit !== undefined), ...view };
}

/**
 * Like {@linkcode viewOn}, for one file. A feed or schema first committed after the day is read
 * from the folder, with a note. An environment has no dated versions, so it did not exist yet:
 * throws ConfigError `CONFIG_NOT_FOUND` that names its first day.
 */
export async function viewOfOne(
  globals: Pick<Globals, "dir">,
  { kind, name, asOf }: RegistryFileId & { asOf: string | undefined },
): Promise<View> {
  const view = await viewOn(globals, asOf);
  const path = registryPathOf({ kind, name });
  if (view.origin.commit === undefined && view.origin.note === undefined) return view;
  if (view.registry.texts.has(path) && view.origin.commit !== undefined) return view;
  const now = await Registry.open(globals);
  now.text(kind, name);
  if (kind !== "environment") {
    const note = `git knows no ${path} on ${view.day}: this is what today's file says of that day`;
    return { registry: now, day: view.day, origin: { note } };
  }
  const { historyOf } = await gitHistory();
  const first = (await historyOf(now.dir, path)).at(-1);
  throw new ConfigError("CONFIG_NOT_FOUND", `Environment "${name}" did not exist on ${view.day}`, {
    hint: first === undefined
      ? "It is not in git yet; without --as-of it is shown as it is"
      : `Its first commit is of ${first.time}`,
    context: { name, day: view.day },
  });
}
