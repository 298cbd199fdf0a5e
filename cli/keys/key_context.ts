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

/** Keys of an environment that a command works with. */
export interface KeyContext {
  /** Context of the command. */
  command: SsmdContext;
  /** Registry folder. */
  dir: string;
  environment: Environment;
  rotations: Rotations;
  sources: KeySources;
}

/** Key access with its outcome still open. */
type Access = Pick<KeyAccess, "action" | "keys" | "fields">;

/** The named environment, or all environments that have keys. */
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

/** Key declared by an environment. */
export interface DeclaredKey {
  keys: KeyContext;
  name: string;
  spec: KeySpec;
}

/** Environment and key access of one operation. */
interface KeyUse {
  env: string;
  accessOf: (keys: KeyContext) => Access;
}

/**
 * Runs `body` on an environment's keys and records the access in its journal, done or refused. Does not run if the
 * journal cannot be opened. Throws ConfigError, JournalError, and what `body` throws.
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

/** Like {@linkcode useKeys}, for one key. An undeclared name is not recorded, as it may be a secret. */
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

/** Like {@linkcode useKeys}, for each key of an environment in turn. */
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

/** Returns the declared key. Throws ConfigError `KEY_UNKNOWN`. */
function specOf({ environment }: KeyContext, name: string): KeySpec {
  const spec = Object.hasOwn(environment.keys, name) ? environment.keys[name] : undefined;
  if (spec !== undefined) return spec;
  const names = Object.keys(environment.keys);
  // A word unlike any key name may be a secret typed in its place, so do not repeat it.
  const called = nearest(name, names) === undefined ? " of that name" : ` "${name}"`;
  throw new ConfigError("KEY_UNKNOWN", `Environment ${environment.name} has no key${called}`, {
    hint: names.length === 0
      ? "Declare it first: ssmd env add-key, or keys: in its file"
      : suggestion(name, names),
  });
}

/** Returns the only word. Throws UsageError when there are more, without repeating them. */
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
