import { type Journal, openJournal, whoIsThis } from "@ssmd/journal";
import {
  type Environment,
  journalConfig,
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
import { countText } from "../format.ts";

/** The keys of an environment, as a command works on them. */
export interface KeyContext {
  /** Of the command. */
  command: SsmdContext;
  /** Folder of the registry. */
  dir: string;
  environment: Environment;
  rotations: Rotations;
  sources: KeySources;
}

/** An access whose outcome is not known yet. */
type Access = Pick<KeyAccess, "action" | "keys" | "fields">;

/** The named environment, or all that have keys. */
export async function environmentsWithKeys(
  { globals }: SsmdContext,
  env?: string,
): Promise<string[]> {
  if (env !== undefined) return [env];
  const dir = await registryDirOf(globals);
  const names: string[] = [];
  for (const name of await listEnvironments(dir)) {
    if (Object.keys((await loadEnvironment(dir, name)).keys).length > 0) names.push(name);
  }
  return names;
}

/** A key that an environment declares. */
export interface DeclaredKey {
  keys: KeyContext;
  name: string;
  spec: KeySpec;
}

/** Which keys of which environment are used, and for what. */
interface KeyUse {
  env: string;
  accessOf: (keys: KeyContext) => Access;
}

/**
 * Works on keys of an environment, and records it in its journal, done or refused. A journal that cannot
 * be opened refuses before anything is done. Throws ConfigError, JournalError, and what `body` throws.
 */
async function useKeys<T>(
  command: SsmdContext,
  { env, accessOf }: KeyUse,
  body: (keys: KeyContext) => Promise<T>,
): Promise<T> {
  const keys = await openKeys(command, env);
  const { environment } = keys;
  const journal = await journalOf(environment, command);
  try {
    const access = { ...accessOf(keys), environment: environment.name };
    return await reported(access, (full) => record(journal, full), () => body(keys));
  } finally {
    await journal?.close();
  }
}

/** As {@linkcode useKeys}, for one key; a name that is not declared is not recorded, it may be anything. */
export async function useKey<T>(
  command: SsmdContext,
  { env, name, action }: { env: string; name: string; action: KeyAccess["action"] },
  body: (key: DeclaredKey) => Promise<T>,
): Promise<T> {
  const accessOf = ({ environment }: KeyContext): Access => ({
    action,
    keys: Object.hasOwn(environment.keys, name) ? [name] : [],
  });
  return await useKeys(
    command,
    { env, accessOf },
    (keys) => body({ keys, name, spec: specOf(keys, name) }),
  );
}

/** As {@linkcode useKeys}, for each key of an environment, one after the other. */
export async function useEachKey<T>(
  command: SsmdContext,
  { env, action }: { env: string; action: KeyAccess["action"] },
  body: (key: DeclaredKey) => Promise<T>,
): Promise<T[]> {
  const accessOf = ({ environment }: KeyContext): Access => ({
    action,
    keys: Object.keys(environment.keys),
  });
  return await useKeys(command, { env, accessOf }, async (keys) => {
    const results: T[] = [];
    for (const [name, spec] of Object.entries(keys.environment.keys)) {
      results.push(await body({ keys, name, spec }));
    }
    return results;
  });
}

/** The declared key. Throws ConfigError `KEY_UNKNOWN`. */
function specOf({ environment }: KeyContext, name: string): KeySpec {
  const spec = Object.hasOwn(environment.keys, name) ? environment.keys[name] : undefined;
  if (spec !== undefined) return spec;
  const names = Object.keys(environment.keys);
  // What is near no name may be a secret that was put in its place: it is not repeated.
  const called = nearest(name, names) === undefined ? " of that name" : ` "${name}"`;
  throw new ConfigError("KEY_UNKNOWN", `Environment ${environment.name} has no key${called}`, {
    hint: names.length === 0
      ? "Declare it first: ssmd env add-key, or keys: in its file"
      : suggestion(name, names),
  });
}

/** The one name among the words after a command. Throws UsageError without repeating the others. */
export function onlyName(words: readonly string[]): string {
  const [name = "", ...more] = words;
  if (more.length === 0) return name;
  throw new UsageError("KEY_VALUE_IN_ARGUMENTS", "There is more than the name of one key", {
    hint: "Values come from stdin or a prompt; one that was typed here is in the shell's history " +
      "now: remove it there, and rotate the key",
  });
}

async function openKeys(command: SsmdContext, env: string): Promise<KeyContext> {
  const dir = await registryDirOf(command.globals);
  const environment = await loadEnvironment(dir, env);
  return {
    command,
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
  environment: Environment,
  context: SsmdContext,
): Promise<Journal | undefined> {
  const { name } = environment;
  const config = journalConfig(environment);
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
      notice(context, `note: ${path} ended in a broken write: ${countText(bytes, "byte")} cut off`),
  });
}

async function record(journal: Journal | undefined, access: KeyAccess): Promise<void> {
  await journal?.append("audit.keys", { component: "cli", ...access, who: { ...whoIsThis() } });
}
