import { todayUtc } from "./feed.ts";
import { type FoundCommit, GitRepository } from "./git/repository.ts";
import { readRegistryTexts } from "./registry_folder.ts";
import { registryFileIdOf } from "./registry_file.ts";

/** Origin of the files. */
export interface Origin {
  /** Commit id; absent = files from the folder. */
  commit?: string;
  /** Commit time, ISO. */
  time?: string;
  /** Note when the origin may surprise. */
  note?: string;
}

/** Texts of a registry as of a day. */
interface RegistryTexts {
  /** Text by path inside the folder. */
  texts: ReadonlyMap<string, string>;
  /** Day that selects dated versions. */
  day: string;
  /** Origin of the texts. */
  origin: Origin;
}

/**
 * Returns the registry as of the end of a day (UTC), in two steps:
 *
 * 1. git: files of the last commit by that day; for today and future days the folder's files.
 * 2. dated versions inside the files: the last one that started by that day is valid until the
 *    next one starts, so there are no gaps; none is valid before the first.
 *
 * Before the first commit the folder's files are used, with a note: dated versions may describe
 * days long before they were written. Throws ConfigError `GIT_FAILED`.
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

/** Formats the committer time like git's strict ISO: `2026-01-05T12:00:00+02:00`. */
function isoTime({ timeS, zone }: FoundCommit): string {
  const minutes = Number(`${zone[0]}1`) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3)));
  const local = new Date((timeS + minutes * 60) * 1000).toISOString().slice(0, 19);
  return `${local}${zone.slice(0, 3)}:${zone.slice(3)}`;
}
