import { type RegistryKind, registryPathOf, registryPlaceOf, todayUtc } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import type { Globals } from "../context.ts";
import { commitOn, historyOf, pathsIn, textIn } from "./git.ts";
import { Registry } from "./registry.ts";

/** Where the files of an answer were read. */
export interface Origin {
  /** The commit; absent = the files as they lie in the folder. */
  commit?: string;
  /** Its ISO time. */
  time?: string;
  /** A sentence where it is not what one would think. */
  note?: string;
}

/** A registry as it stood on a day. */
export interface View {
  /** Its files. */
  registry: Registry;
  /** The day that counts for dated versions. */
  day: string;
  /** Where the files come from. */
  origin: Origin;
}

/**
 * The registry as it stood at the end of a day (UTC). Two clocks are asked, in this order:
 *
 * 1. git: the files are those of the last commit of that day or before it. Of several commits on one
 *    day the last counts. Today and the future are the files as they lie in the folder.
 * 2. the dated versions inside: in force is the last one that had begun by that day. It holds until
 *    the next one begins, so there are no gaps between versions; before the first none is in force.
 *
 * Before the first commit the folder's own files answer, with a note: dated versions may tell of days
 * long before they were written down.
 */
export async function viewOn(
  globals: Pick<Globals, "dir">,
  day: string | undefined,
): Promise<View> {
  const now = await Registry.open(globals);
  const today = todayUtc();
  if (day === undefined || day >= today) {
    return { registry: now, day: day ?? today, origin: {} };
  }
  const commit = await commitOn(now.dir, day);
  if (commit === undefined) {
    const note = `git knows no registry on ${day}: this is what today's files say of that day`;
    return { registry: now, day, origin: { note } };
  }
  const paths = (await pathsIn(now.dir, commit.commit))
    .filter((path) => registryPlaceOf(path) !== undefined);
  const texts = await Promise.all(paths.map((path) => textIn(now.dir, commit.commit, path)));
  const known = new Map(paths.map((path, i) => [path, texts[i] ?? ""]));
  return {
    registry: new Registry(now.dir, known),
    day,
    origin: { commit: commit.commit, time: commit.time },
  };
}

/**
 * As {@linkcode viewOn}, for one file. A feed or schema that was written down later is read from the
 * folder with a note; an environment has no dates inside, so it did not exist: ConfigError
 * `CONFIG_NOT_FOUND` that tells its first day.
 */
export async function viewOfOne(
  kind: RegistryKind,
  name: string,
  globals: Pick<Globals, "dir">,
  day: string | undefined,
): Promise<View> {
  const view = await viewOn(globals, day);
  const path = registryPathOf({ kind, name });
  if (view.origin.commit === undefined && view.origin.note === undefined) return view;
  if (view.registry.texts.has(path) && view.origin.commit !== undefined) return view;
  const now = await Registry.open(globals);
  now.text(kind, name);
  if (kind !== "environment") {
    const note = `git knows no ${path} on ${view.day}: this is what today's file says of that day`;
    return { registry: now, day: view.day, origin: { note } };
  }
  const first = (await historyOf(now.dir, path)).at(-1);
  throw new ConfigError("CONFIG_NOT_FOUND", `environment "${name}" did not exist on ${view.day}`, {
    hint: first === undefined
      ? "it is not in git yet; without --as-of it is shown as it is"
      : `its first commit is of ${first.time}`,
    context: { name, day: view.day },
  });
}
