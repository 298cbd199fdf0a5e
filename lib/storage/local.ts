import { dirname, join, resolve } from "node:path";
import {
  lockFolder,
  StorageError,
  syncFolder,
  TEMPORARY_PREFIX,
  writeFileAtomically,
} from "@ssmd/runtime";
import { notFound, storageErrorOf } from "./errors.ts";
import { assertKey, assertPrefix } from "./key.ts";
import { isSame } from "./same_bytes.ts";
import { lockInFolder } from "./folder_lock.ts";
import { removeLeftovers } from "./leftovers.ts";
import type { Storage, StorageLock, StoredObject } from "./storage.ts";

/** Age after which no writer can still be using a temporary file. */
const LEFTOVER_AGE_MS = 60 * 60 * 1000;

/**
 * Stores objects as files in a folder, created by the first `put`. A put writes a temporary file,
 * fdatasyncs, renames and fsyncs the folder. The first put also starts removing temporary files
 * older than one hour; `close` waits for that. Symbolic links in the folder are not listed.
 */
export function folderStorage(path: string): Storage {
  return new FolderStorage(resolve(path));
}

class FolderStorage implements Storage {
  readonly type = "local";
  readonly location: string;
  #sweep: Promise<number> | undefined;

  constructor(location: string) {
    this.location = location;
  }

  async put(key: string, data: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    const path = this.#pathOf(key);
    this.#sweep ??= removeLeftovers(this.location, LEFTOVER_AGE_MS);
    const source = data instanceof Uint8Array ? data : new Source(data);
    try {
      await writeFileAtomically(path, source);
    } catch (error) {
      // An error of the source is the caller's, not the disk's.
      if (source instanceof Source && source.failure?.error === error) throw error;
      throw this.#errorOf(error, key);
    }
  }

  async replace(key: string, data: Uint8Array, seen: Uint8Array | undefined): Promise<boolean> {
    const path = this.#pathOf(key);
    try {
      using _ = await lockFolder(dirname(path));
      if (!isSame(await this.#bytesAt(path), seen)) return false;
      await writeFileAtomically(path, data);
      return true;
    } catch (error) {
      throw this.#errorOf(error, key);
    }
  }

  async lock(name: string, holder: string): Promise<StorageLock | { heldBy: string }> {
    try {
      return await lockInFolder(this.location, name, holder);
    } catch (error) {
      throw this.#errorOf(error, name);
    }
  }

  async get(key: string): Promise<Uint8Array> {
    const path = this.#pathOf(key);
    try {
      return await Deno.readFile(path);
    } catch (error) {
      throw await this.#readErrorOf(error, key);
    }
  }

  async getRange(key: string, start: number, end: number): Promise<Uint8Array> {
    const path = this.#pathOf(key);
    try {
      using file = await Deno.open(path);
      const { size, isFile } = await file.stat();
      if (!isFile) throw new Deno.errors.NotFound(path);
      const from = Math.min(Math.max(0, start), size);
      await file.seek(from, Deno.SeekMode.Start);
      return await readUpTo(file, Math.max(0, Math.min(end, size) - from));
    } catch (error) {
      throw await this.#readErrorOf(error, key);
    }
  }

  async head(key: string): Promise<StoredObject | undefined> {
    const path = this.#pathOf(key);
    try {
      return await describe(key, path);
    } catch (error) {
      throw this.#errorOf(error, key);
    }
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    assertPrefix(prefix);
    const cut = prefix.lastIndexOf("/") + 1;
    yield* this.#listFolder(prefix.slice(0, cut), prefix.slice(cut));
  }

  async delete(key: string): Promise<void> {
    const path = this.#pathOf(key);
    try {
      if (await describe(key, path) === undefined) return;
      await Deno.remove(path);
      await syncFolder(dirname(path));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw this.#errorOf(error, key);
    }
  }

  async close(): Promise<void> {
    await this.#sweep;
  }

  async *#listFolder(folderKey: string, nameStart: string): AsyncIterable<StoredObject> {
    for (const name of await this.#namesIn(folderKey, nameStart)) {
      const key = folderKey + name;
      if (name.endsWith("/")) {
        yield* this.#listFolder(key, "");
        continue;
      }
      const found = await this.head(key);
      if (found !== undefined) yield found;
    }
  }

  /** Lists names in a folder; folders end with "/", which sorts them in key order. */
  async #namesIn(folderKey: string, nameStart: string): Promise<string[]> {
    const names: string[] = [];
    try {
      for await (const { name, isFile, isDirectory } of Deno.readDir(this.#joined(folderKey))) {
        if (!name.startsWith(nameStart) || name.startsWith(TEMPORARY_PREFIX)) continue;
        if (isFile) names.push(name);
        else if (isDirectory) names.push(name + "/");
      }
    } catch (error) {
      if (isAbsent(error)) return [];
      throw this.#errorOf(error, folderKey);
    }
    return names.sort();
  }

  async #bytesAt(path: string): Promise<Uint8Array | undefined> {
    try {
      return await Deno.readFile(path);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  #pathOf(key: string): string {
    assertKey(key);
    return this.#joined(key);
  }

  #joined(key: string): string {
    return join(this.location, key);
  }

  #errorOf(error: unknown, key: string): StorageError {
    return error instanceof StorageError ? error : storageErrorOf(error, key, this.location);
  }

  async #readErrorOf(error: unknown, key: string): Promise<StorageError> {
    const absent = isAbsent(error) ||
      (await Deno.stat(this.#joined(key)).catch(() => undefined))?.isDirectory === true;
    return absent ? notFound(key, this.location, error) : this.#errorOf(error, key);
  }
}

/** Remembers the error of its producer. */
class Source implements AsyncIterable<Uint8Array> {
  failure: { error: unknown } | undefined;
  #chunks: AsyncIterable<Uint8Array>;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const chunks = this.#chunks[Symbol.asyncIterator]();
    try {
      for (let next = await this.#next(chunks); !next.done; next = await this.#next(chunks)) {
        yield next.value;
      }
    } finally {
      await chunks.return?.();
    }
  }

  async #next(chunks: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    try {
      return await chunks.next();
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

async function describe(key: string, path: string): Promise<StoredObject | undefined> {
  try {
    const { isFile, size, mtime } = await Deno.stat(path);
    return isFile ? { key, size, modifiedAtMs: mtime?.getTime() ?? 0 } : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function readUpTo(file: Deno.FsFile, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
