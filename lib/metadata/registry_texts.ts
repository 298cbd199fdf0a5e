import { todayUtc } from "./feed.ts";
import { type FoundCommit, GitRepository } from "./git/repository.ts";
import { fileNamesIn, readRegistryFile, unreadableError } from "./registry_folder.ts";
import { REGISTRY_FOLDERS, registryFileIdOf } from "./registry_file.ts";

/** Where the files of an answer were read. */
export interface Origin {
  /** The commit; absent = the files as they lie in the folder. */
  commit?: string;
  /** Its ISO time. */
  time?: string;
  /** A sentence where it is not what one would think. */
  note?: string;
}

/** The texts of a registry as it stood on a day, by path inside its folder. */
interface RegistryTexts {
  /** By path inside the folder. */
  texts: ReadonlyMap<string, string>;
  /** The day that counts for dated versions. */
  day: string;
  /** Where the texts come from. */
  origin: Origin;
}

/** The texts of a registry folder as they lie there. */
export async function readRegistryTexts(dir: string): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const folder of REGISTRY_FOLDERS) {
    for (const name of await namesIn(`${dir}/${folder}`)) {
      const path = `${folder}/${name}`;
      // Also one whose name is wrong: it is to be told, not passed over.
      if (/\.(yaml|yml|capnp)$/.test(name)) {
        texts.set(path, await readRegistryFile(`${dir}/${path}`));
      }
    }
  }
  return texts;
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
 * long before they were written down. Throws ConfigError `GIT_FAILED`.
 */
export async function registryTextsOn(
  dir: string,
  day: string | undefined,
): Promise<RegistryTexts> {
  const today = todayUtc();
  if (day === undefined || day >= today) {
    return { texts: await readRegistryTexts(dir), day: day ?? today, origin: {} };
  }
  const repository = await GitRepository.open(dir);
  try {
    const commit = await repository?.commitBefore(endOfDayS(day));
    if (repository === undefined || commit === undefined) {
      const note = `git knows no registry on ${day}: this is what today's files say of that day`;
      return { texts: await readRegistryTexts(dir), day, origin: { note } };
    }
    const texts = await textsOf(repository, commit);
    return { texts, day, origin: { commit: commit.id, time: isoTime(commit) } };
  } finally {
    repository?.close();
  }
}

async function textsOf(
  repository: GitRepository,
  commit: FoundCommit,
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const [path, id] of await repository.filesOf(commit)) {
    if (registryFileIdOf(path) === undefined) continue;
    texts.set(path, new TextDecoder().decode((await repository.object(id)).bytes));
  }
  return texts;
}

function endOfDayS(day: string): number {
  return Date.parse(`${day}T23:59:59Z`) / 1000;
}

/** Committer's time with its offset, as git writes it strictly: `2026-01-05T12:00:00+02:00`. */
function isoTime({ timeS, zone }: FoundCommit): string {
  const minutes = Number(`${zone[0]}1`) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3)));
  const local = new Date((timeS + minutes * 60) * 1000).toISOString().slice(0, 19);
  return `${local}${zone.slice(0, 3)}:${zone.slice(3)}`;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await fileNamesIn(folder);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw unreadableError(folder, error);
  }
}
