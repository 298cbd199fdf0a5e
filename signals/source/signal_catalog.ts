import { type Param } from "../engine/signal.ts";
import { systemCodeOf, UsageError } from "@ssmd/runtime/errors";
import { suggestion } from "@ssmd/runtime/suggest";
import type { HostedSignal } from "../host/load_signal.ts";
import { linkSignal, type ReadSource } from "./link_signal.ts";

/** Folder of the signals shipped with ssmd. */
export const LIBRARY_DIR: string = new URL("../library", import.meta.url).pathname;

/** A signal's file. */
export interface SignalFile {
  id: string;
  path: string;
}

const FILE = /^([a-z][a-z0-9_]*)\.ts$/;

/** Returns whether a name is a valid signal id: lower-case letters, digits and _. */
export function isSignalId(text: string): boolean {
  return FILE.test(`${text}.ts`);
}

/** Lists signals by id; the first folder with an id wins. Missing folders count as empty. */
export async function listSignals(folders: readonly string[]): Promise<SignalFile[]> {
  const found = new Map<string, SignalFile>();
  for (const folder of folders) {
    const entries = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
    for (const { name } of entries.toSorted((a, b) => a.name < b.name ? -1 : 1)) {
      const id = FILE.exec(name)?.[1];
      if (id === undefined || id.endsWith("_test") || found.has(id)) continue;
      found.set(id, { id, path: `${folder}/${name}` });
    }
  }
  return [...found.values()].toSorted((a, b) => a.id < b.id ? -1 : 1);
}

/**
 * Finds a signal: by a path ending in `.ts`, or by id in the folders. Throws UsageError
 * `SIGNAL_UNKNOWN`, `SIGNAL_NAME_INVALID`.
 */
export async function findSignal(
  name: string,
  folders: readonly string[],
): Promise<SignalFile> {
  if (name.endsWith(".ts")) {
    const file = name.slice(name.lastIndexOf("/") + 1);
    const id = FILE.exec(file)?.[1];
    if (id === undefined) {
      throw new UsageError("SIGNAL_NAME_INVALID", `"${file}" is no name of a signal`, {
        hint: "A signal's file has small letters, digits and _: spread_widens.ts",
      });
    }
    return { id, path: name };
  }
  const all = await listSignals(folders);
  const known = all.find(({ id }) => id === name);
  if (known !== undefined) return known;
  const ids = all.map(({ id }) => id);
  throw new UsageError("SIGNAL_UNKNOWN", `There is no signal "${name}"`, {
    hint: ids.length === 0 ? "Make one with ssmd signal new" : suggestion(name, ids),
  });
}

/** Returns a reader of a signal's files; it refuses symlinks that leave the folder. */
export function readBeside(path: string): ReadSource {
  const folder = Deno.realPathSync(path).replace(/\/[^/]*$/, "/");
  return async (each) => {
    const real = await Deno.realPath(each);
    if (!real.startsWith(folder)) {
      throw new UsageError("SIGNAL_REFUSED", `${each} is outside of the signal's folder`);
    }
    return await Deno.readTextFile(real);
  };
}

/** Reads and links a signal's file. Throws SignalRefused, and UsageError for a missing file. */
export async function hostedSignalOf(
  { id, path }: SignalFile,
  params: Readonly<Record<string, Param>> = {},
): Promise<HostedSignal> {
  try {
    const { code, sourceHash } = await linkSignal(path, readBeside(path));
    return { id, code, sourceHash, params };
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT") throw error;
    throw new UsageError("SIGNAL_UNKNOWN", `There is no file "${path}"`, { cause: error });
  }
}
