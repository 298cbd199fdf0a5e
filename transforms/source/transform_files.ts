import { createHash } from "node:crypto";
import type { TransformInfo } from "@ssmd/market";
import { systemCodeOf, UsageError } from "@ssmd/runtime/errors";
import { suggestion } from "@ssmd/runtime/suggest";
import type { TransformSource } from "./compile_transform.ts";
import { type Language, LANGUAGES } from "./language.ts";

const FILE = /^([a-z][a-z0-9_-]{0,62})\.(ts|lua)$/;

/** A stored transform with its source. */
export interface StoredTransform extends TransformSource {
  /** File path. */
  path: string;
}

/** Returns a registry's folder of transforms. */
export function transformsDir(registryDir: string): string {
  return `${registryDir}/transforms`;
}

/** Parses name and language from a file's path. Throws UsageError `TRANSFORM_NAME_INVALID`. */
function transformNameOf(path: string): { name: string; language: Language } {
  const file = path.slice(path.lastIndexOf("/") + 1);
  const [, name, ending] = FILE.exec(file) ?? [];
  const language = LANGUAGES.find((each) => each === ending);
  if (name !== undefined && language !== undefined) return { name, language };
  throw new UsageError("TRANSFORM_NAME_INVALID", `"${file}" is no name of a transform`, {
    hint: "Small letters, digits, _ and -, and the ending .ts or .lua: desk_csv.lua",
  });
}

/** Lists a registry's transforms by name; a missing folder counts as empty. */
export async function listTransforms(registryDir: string): Promise<StoredTransform[]> {
  const dir = transformsDir(registryDir);
  const names = (await Array.fromAsync(Deno.readDir(dir)).catch(() => []))
    .map(({ name }) => name).filter((name) => FILE.test(name)).sort();
  return await Promise.all(names.map((name) => readTransform(`${dir}/${name}`)));
}

/** Finds a transform. Throws UsageError `TRANSFORM_UNKNOWN` that suggests the nearest name. */
export async function findTransform(registryDir: string, name: string): Promise<StoredTransform> {
  const all = await listTransforms(registryDir);
  const found = all.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = all.map((each) => each.name);
  throw new UsageError("TRANSFORM_UNKNOWN", `There is no transform "${name.slice(0, 64)}"`, {
    hint: names.length === 0
      ? "Store one: ssmd transform add <file>"
      : suggestion(name.slice(0, 64), names),
  });
}

/** Reads a transform's file. Throws UsageError `FILE_NOT_FOUND`, `TRANSFORM_NAME_INVALID`. */
export async function readTransform(path: string): Promise<StoredTransform> {
  const named = transformNameOf(path);
  try {
    return { ...named, path, text: await Deno.readTextFile(path) };
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT") throw error;
    throw new UsageError("FILE_NOT_FOUND", `There is no file "${path}"`, {
      hint: "Name a file with a transform in it, .ts or .lua",
      cause: error,
    });
  }
}

/** Returns the public metadata of a transform. */
export function infoOf({ name, language, text }: TransformSource): TransformInfo {
  return { name, language, source_hash: createHash("sha256").update(text).digest("hex") };
}
