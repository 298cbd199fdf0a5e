import { type Journal, openJournal, whoIsThis } from "@ssmd/journal";
import {
  type Environment,
  type KeyAccess,
  type KeySources,
  type KeySpec,
  listEnvironments,
  loadEnvironment,
  loadRotations,
  reported,
  type Rotations,
} from "@ssmd/metadata";
import { ConfigError, nearest, suggestion } from "@ssmd/runtime";
import { notice, type SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { registryDirOf } from "../registry_dir.ts";

/** An environment whose keys are worked on. */
export interface KeyRoom {
  /** Of the command that works on them. */
  context: SsmdContext;
  /** Folder of the registry. */
  dir: string;
  environment: Environment;
  rotations: Rotations;
  sources: KeySources;
}

/** What is done, before it is known how it ends. */
export type Access = Pick<KeyAccess, "action" | "keys" | "fields">;

/** The environment that is named, or all that have keys. */
export async function roomNames({ globals }: SsmdContext, env?: string): Promise<string[]> {
  if (env !== undefined) return [env];
  const dir = await registryDirOf(globals);
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
  context: SsmdContext,
  env: string,
  accessOf: (room: KeyRoom) => Access,
  body: (room: KeyRoom) => Promise<T>,
): Promise<T> {
  const room = await openRoom(context, env);
  const { environment } = room;
  const journal = await journalOf(environment, context);
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
  // What is near no name may be a secret that was put in its place: it is not repeated.
  const called = nearest(name, names) === undefined ? " of that name" : ` "${name}"`;
  throw new ConfigError("KEY_UNKNOWN", `environment ${environment.name} has no key${called}`, {
    hint: names.length === 0
      ? "declare it first: ssmd env add-key, or keys: in its file"
      : suggestion(name, names),
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

async function openRoom(context: SsmdContext, env: string): Promise<KeyRoom> {
  const dir = await registryDirOf(context.globals);
  const environment = await loadEnvironment(dir, env);
  return {
    context,
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
  context: SsmdContext,
): Promise<Journal | undefined> {
  if (config.type === "memory") {
    notice(
      context,
      `note: the journal of ${name} is in memory, so this access is recorded nowhere; ` +
        "journal: { type: file, path: ./data/journal } keeps it",
    );
    return undefined;
  }
  return await openJournal(config, {
    onTornTail: ({ path, bytes }) =>
      notice(context, `note: ${path} ended in ${bytes} bytes of a broken write; they were cut off`),
  });
}

async function record(journal: Journal | undefined, access: KeyAccess): Promise<void> {
  await journal?.append("audit.keys", { component: "cli", ...access, who: { ...whoIsThis() } });
}
