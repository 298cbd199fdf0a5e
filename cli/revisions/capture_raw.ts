import { REGISTRY_FOLDERS } from "@ssmd/metadata";
import { runRevision } from "./revision_process.ts";
import type { Revision } from "./source.ts";

/** Options of {@linkcode captureRaw}. */
interface RawCapture {
  /** Temporary folder; the environment lives in `<folder>/<name>`. */
  folder: string;
  /** Name of the environment: its folders, and the first token of all its subjects. */
  name: string;
  /** Feed that plays the files: the one named like their venue. */
  feed: string;
  /** Raw files to play. */
  files: readonly string[];
  signal: AbortSignal;
}

/**
 * Starts an environment of the revision's own, plays the raw files into it and waits until all is
 * archived: connector, bus, archiver and gateway run as that revision has them. Returns the seconds
 * it took. Throws SsmdError `REVISION_FAILED` with its output.
 */
export async function captureRaw(revision: Revision, task: RawCapture): Promise<number> {
  const { folder, name, feed, files, signal } = task;
  const home = `${folder}/${name}`;
  await copyRegistry(`${revision.dir}/exchanges`, `${home}/exchanges`);
  await Deno.writeTextFile(
    `${home}/exchanges/environments/${name}.yaml`,
    JSON.stringify(environmentOf(name, feed, `${home}/data`)),
  );
  return await runRevision(revision, {
    ...{ folder, signal, task: "run these days" },
    args: [
      ...["up", "--dir", `${home}/exchanges`, "--env", name, "--port", "0"],
      ...["--data", `${home}/data`, "--times", "recorded", "--speed", "max", "--quiet"],
      ...files.flatMap((file) => ["--capture", file]),
    ],
  });
}

/** Reaches nothing outside of its folder and its own process. */
function environmentOf(name: string, feed: string, path: string) {
  return {
    ...{ name, feeds: [feed], schema: "v1", symbols: {} },
    transport: { type: "memory" },
    storage: { type: "local", path },
    // Replaced by a free port.
    gateway: { host: "127.0.0.1", port: 8080 },
  };
}

/** Copies a registry without its environments. */
async function copyRegistry(from: string, to: string): Promise<void> {
  await Deno.mkdir(`${to}/environments`, { recursive: true });
  for (const kind of REGISTRY_FOLDERS.filter((each) => each !== "environments")) {
    await Deno.mkdir(`${to}/${kind}`);
    try {
      for await (const { name, isFile } of Deno.readDir(`${from}/${kind}`)) {
        if (isFile) await Deno.copyFile(`${from}/${kind}/${name}`, `${to}/${kind}/${name}`);
      }
    } catch (error) {
      // An older revision may not have this kind.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
