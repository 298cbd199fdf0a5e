/** A process serving an environment on this machine, from its file in the data folder. */
export interface RunningProcess {
  env: string;
  component: "up" | "gateway";
  pid: number;
  /** Address of the gateway, `http://127.0.0.1:8080`. */
  url: string;
  /** ISO 8601, UTC. */
  started_at: string;
}

const FOLDER = "running";

/**
 * Writes `running/<env>-<component>-<pid>.json` in a data folder and keeps it locked, so that files
 * of killed processes are recognized by the missing lock; those of the environment are removed.
 * Returns a function that removes the file.
 */
export async function announceRunning(
  dataDir: string,
  process: RunningProcess,
): Promise<() => Promise<void>> {
  const { env, component, pid } = process;
  const dir = `${dataDir}/${FOLDER}`;
  await Deno.mkdir(dir, { recursive: true });
  for (const name of await namesIn(dir, env)) {
    if (await readLocked(`${dir}/${name}`) === undefined) await removed(`${dir}/${name}`);
  }
  const path = `${dir}/${env}-${component}-${pid}.json`;
  const file = await Deno.open(path, { write: true, create: true, truncate: true });
  await file.lock(true);
  await file.write(new TextEncoder().encode(`${JSON.stringify(process)}\n`));
  return async () => {
    await removed(path);
    file.close();
  };
}

/** Returns the running processes of an environment, newest first; none if the folder is missing. */
export async function runningProcesses(dataDir: string, env: string): Promise<RunningProcess[]> {
  const dir = `${dataDir}/${FOLDER}`;
  const found: RunningProcess[] = [];
  for (const name of await namesIn(dir, env)) {
    const process = await readLocked(`${dir}/${name}`);
    if (process?.env === env) found.push(process);
  }
  return found.sort((a, b) => a.started_at < b.started_at ? 1 : -1);
}

async function namesIn(dir: string, env: string): Promise<string[]> {
  try {
    const names = (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name);
    return names.filter((name) => name.startsWith(`${env}-`) && name.endsWith(".json"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Reads the file of a living process; undefined = it has ended or not written yet. */
async function readLocked(path: string): Promise<RunningProcess | undefined> {
  try {
    using file = await Deno.open(path);
    if (await file.tryLock(false)) return undefined;
    return JSON.parse(await Deno.readTextFile(path)) as RunningProcess;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function removed(path: string): Promise<void> {
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
