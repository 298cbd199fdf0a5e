import { type Journal, openJournal, whoIsThis } from "@ssmd/journal";
import {
  type Environment,
  findRegistry,
  type KeyAccess,
  type KeySources,
  type KeySpec,
  listEnvironments,
  loadEnvironment,
  loadRotations,
  reported,
  type Rotations,
} from "@ssmd/metadata";
import { ConfigError, suggestion } from "@ssmd/runtime";
import { UsageError } from "../exit.ts";

/** An environment whose keys are worked on. */
export interface KeyRoom {
  /** Folder of the registry. */
  dir: string;
  environment: Environment;
  rotations: Rotations;
  sources: KeySources;
}

/** What is done, before it is known how it ends. */
export type Access = Pick<KeyAccess, "action" | "keys" | "fields">;

/** Where remarks go that are no result. */
export interface Remarks {
  write(text: string): void;
}

/** Where a command line names its environment and registry. */
export interface RoomFlags {
  env?: string;
  dir?: string;
}

const KEY_NAME = /^[a-z][a-z0-9_-]{0,63}$/;

/** The environments that are named, or all that have keys. */
export async function roomNames(flags: RoomFlags): Promise<string[]> {
  if (flags.env !== undefined) return [flags.env];
  const dir = flags.dir ?? await findRegistry(Deno.cwd());
  const names: string[] = [];
  for (const name of await listEnvironments(dir)) {
    if (Object.keys((await loadEnvironment(dir, name)).keys).length > 0) names.push(name);
  }
  return names;
}

/**
 * Works on keys of an environment, and records it in its journal, done or refused. A journal that cannot
 * be opened refuses before anything is done. Throws ConfigError, JournalError, and what `body` throws.
 */
export async function withKeyRoom<T>(
  flags: RoomFlags & { env: string },
  accessOf: (room: KeyRoom) => Access,
  remarks: Remarks,
  body: (room: KeyRoom) => Promise<T>,
): Promise<T> {
  const room = await openRoom(flags);
  const { environment } = room;
  const journal = await journalOf(environment, remarks);
  try {
    const access = { ...accessOf(room), environment: environment.name };
    return await reported(access, (full) => record(journal, full), () => body(room));
  } finally {
    await journal?.close();
  }
}

/** The declared key; for {@linkcode Access} too. Throws ConfigError `KEY_UNKNOWN`. */
export function specOf({ environment }: KeyRoom, name: string): KeySpec {
  const spec = Object.hasOwn(environment.keys, name) ? environment.keys[name] : undefined;
  if (spec !== undefined) return spec;
  const names = Object.keys(environment.keys);
  // What looks like no name may be a secret that was put in its place.
  const called = KEY_NAME.test(name) ? ` "${name}"` : " of that name";
  throw new ConfigError("KEY_UNKNOWN", `environment ${environment.name} has no key${called}`, {
    hint: names.length === 0
      ? "declare it first: ssmd env add-key, or keys: in its file"
      : suggestion(KEY_NAME.test(name) ? name : "", names),
  });
}

/** The access to one key; a name that is not declared is not recorded, it may be anything. */
export function accessTo(
  action: KeyAccess["action"],
  name: string,
  fields?: string[],
): (room: KeyRoom) => Access {
  return ({ environment }) => ({
    action,
    keys: Object.hasOwn(environment.keys, name) ? [name] : [],
    ...(fields === undefined ? {} : { fields }),
  });
}

/** The one name among the words after a command. Throws UsageError without repeating the others. */
export function onlyName(words: readonly string[]): string {
  const [name = "", ...more] = words;
  if (more.length === 0) return name;
  throw new UsageError("KEY_VALUE_IN_ARGUMENTS", "there is more than the name of one key", {
    hint: "values come from stdin or a prompt; one that was typed here is in the shell's history " +
      "now: remove it there, and rotate the key",
  });
}

async function openRoom(flags: RoomFlags & { env: string }): Promise<KeyRoom> {
  const dir = flags.dir ?? await findRegistry(Deno.cwd());
  const environment = await loadEnvironment(dir, flags.env);
  return {
    dir,
    environment,
    rotations: await loadRotations(dir, environment.name),
    sources: {
      env: (name) => Deno.env.get(name),
      readFile: (path) => Deno.readTextFile(path),
    },
  };
}

async function journalOf(
  { name, journal: config }: Environment,
  remarks: Remarks,
): Promise<Journal | undefined> {
  if (config.type === "memory") {
    remarks.write(
      `note: the journal of ${name} is in memory, so this access is recorded nowhere; ` +
        "journal: { type: file, path: ./data/journal } keeps it\n",
    );
    return undefined;
  }
  return await openJournal(config, {
    onTornTail: ({ path, bytes }) =>
      remarks.write(`note: ${path} ended in ${bytes} bytes of a broken write; they were cut off\n`),
  });
}

async function record(journal: Journal | undefined, access: KeyAccess): Promise<void> {
  await journal?.append("audit.keys", { component: "cli", ...access, who: { ...whoIsThis() } });
}
