import { ConfigError, writeFileAtomically } from "@ssmd/runtime";
import { z } from "zod";

/** Reason and start of an environment's read-only mode. */
export const READ_ONLY_MODE = z.strictObject({
  reason: z.string(),
  by: z.string().describe("user@host"),
  since: z.iso.datetime(),
});

type ReadOnlyMode = z.output<typeof READ_ONLY_MODE>;

/** Returns the read-only mode; undefined = writable. An unreadable file counts as read-only. */
export async function readOnlyMode(
  dataDir: string,
  env: string,
): Promise<ReadOnlyMode | undefined> {
  const path = pathOf(dataDir, env);
  try {
    return READ_ONLY_MODE.parse(JSON.parse(await Deno.readTextFile(path)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    return { reason: `${path} cannot be read`, by: "unknown", since: new Date(0).toISOString() };
  }
}

/** Returns the first read-only environment of a data folder; undefined = all are writable. */
export async function readOnlyModeIn(
  dataDir: string,
): Promise<{ env: string; mode: ReadOnlyMode } | undefined> {
  for (const file of await namesIn(`${dataDir}/read-only`)) {
    const env = file.replace(/\.json$/, "");
    const mode = env === file ? undefined : await readOnlyMode(dataDir, env);
    if (mode !== undefined) return { env, mode };
  }
  return undefined;
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(dir), ({ name }) => name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return [];
    }
    throw error;
  }
}

/** Enables read-only mode; disables it with undefined. */
export async function setReadOnlyMode(
  dataDir: string,
  env: string,
  mode: ReadOnlyMode | undefined,
): Promise<void> {
  const path = pathOf(dataDir, env);
  if (mode === undefined) {
    await Deno.remove(path).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    return;
  }
  await writeFileAtomically(path, `${JSON.stringify(mode)}\n`);
}

/** Returns the error for changing a read-only environment: `ENVIRONMENT_READ_ONLY`. */
export function readOnlyError(env: string, { reason, by, since }: ReadOnlyMode): ConfigError {
  return new ConfigError("ENVIRONMENT_READ_ONLY", `Environment ${env} is read-only: ${reason}`, {
    context: { env, by, since },
    hint: `Set by ${by} at ${since}; ssmd env read-only ${env} --disable ends it`,
  });
}

function pathOf(dataDir: string, env: string): string {
  return `${dataDir}/read-only/${env}.json`;
}
