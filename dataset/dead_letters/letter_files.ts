import type { Storage } from "@ssmd/storage";
import { LETTER, type Letter } from "./letter.ts";

/** Maximum bytes of letters kept per environment; letters beyond it are only counted. */
export const LETTER_BYTES_MAX = 256 * 1024 * 1024;
const FILE = /^normalized\/[^/]+\/dead-letters\/(\w+)-\d+-(\d+)\.jsonl$/;

function prefixOf(env: string): string {
  return `normalized/${env}/dead-letters/`;
}

/** Writes letters, one file per component. Throws StorageError. */
export async function writeLetters(
  storage: Storage,
  env: string,
  { letters, nowUs }: { letters: readonly Letter[]; nowUs: number },
): Promise<void> {
  for (const [component, some = []] of Object.entries(Object.groupBy(letters, componentOf))) {
    await storage.put(`${prefixOf(env)}${component}-${nowUs}-${some.length}.jsonl`, linesOf(some));
  }
}

/** Returns the component as a valid part of a key. */
function componentOf({ component }: Letter): string {
  return component.replace(/\W/g, "_") || "unknown";
}

function linesOf(letters: readonly Letter[]): Uint8Array {
  return new TextEncoder().encode(
    letters.map((letter) => `${JSON.stringify(letter)}\n`).join(""),
  );
}

/** Returns an environment's letters without duplicates, oldest first. Throws StorageError. */
export async function readLetters(storage: Storage, env: string): Promise<Letter[]> {
  const letters = new Map<string, Letter>();
  for await (const { key } of storage.list(prefixOf(env))) {
    for (const letter of await lettersIn(storage, key)) letters.set(nameOf(letter), letter);
  }
  return [...letters.values()].sort((a, b) => a.received_us - b.received_us);
}

/** Identity of a letter: a batch written before a kill may be written again. */
function nameOf({ component, id }: Letter): string {
  return `${component} ${id}`;
}

async function lettersIn(storage: Storage, key: string): Promise<Letter[]> {
  const text = new TextDecoder().decode(await storage.get(key));
  return text.split("\n").filter(Boolean).map((line) => LETTER.parse(JSON.parse(line)));
}

/** Counts letters by component, and total bytes, from file names and sizes alone. */
export async function countLetters(
  storage: Storage,
  env: string,
): Promise<{ byComponent: Record<string, number>; bytes: number }> {
  const byComponent: Record<string, number> = {};
  let bytes = 0;
  for await (const { key, size } of storage.list(prefixOf(env))) {
    const [, component = "", count = ""] = FILE.exec(key) ?? [];
    byComponent[component] = (byComponent[component] ?? 0) + Number(count);
    bytes += size;
  }
  return { byComponent, bytes };
}

/** Removes letters. Throws StorageError; earlier removals persist. */
export async function removeLetters(
  storage: Storage,
  env: string,
  letters: readonly Letter[],
): Promise<void> {
  const removed = new Set(letters.map(nameOf));
  for (const { key } of await Array.fromAsync(storage.list(prefixOf(env)))) {
    const all = await lettersIn(storage, key);
    const left = all.filter((letter) => !removed.has(nameOf(letter)));
    if (left.length === all.length) continue;
    // A kill between put and delete leaves duplicates; readers drop them.
    const [, , count = ""] = FILE.exec(key) ?? [];
    const shorter = key.slice(0, -`${count}.jsonl`.length);
    if (left.length > 0) await storage.put(`${shorter}${left.length}.jsonl`, linesOf(left));
    await storage.delete(key);
  }
}
