import { join } from "node:path";
import { StorageError, writingTo } from "@ssmd/runtime";

/** Working folder inside an export; readers of partitioned data skip it. */
const WORK = ".ssmd-export";

/**
 * An export folder, locked for one export at a time. Unfinished files are in a working folder
 * inside it until they are renamed; the next export removes leftovers of a killed one.
 */
export class ExportFolder implements AsyncDisposable {
  /** Path of the folder. */
  readonly path: string;
  #lock: Deno.FsFile;

  private constructor(path: string, lock: Deno.FsFile) {
    this.path = path;
    this.#lock = lock;
  }

  /**
   * Opens a folder, creating it if missing. Throws StorageError `EXPORT_RUNNING`, `OUTPUT_FULL`,
   * `OUTPUT_DENIED` or `OUTPUT_FAILED`.
   */
  static async open(path: string): Promise<ExportFolder> {
    const work = join(path, WORK);
    const lock = await writingTo(path, async () => {
      await Deno.mkdir(work, { recursive: true });
      return await Deno.open(join(work, "lock"), { create: true, write: true });
    });
    if (!await lock.tryLock(true) || !await isSame(lock, join(work, "lock"))) {
      lock.close();
      throw new StorageError("EXPORT_RUNNING", `Another export is writing to "${path}"`, {
        hint: "Wait for its end, or name another folder with --out",
      });
    }
    const folder = new ExportFolder(path, lock);
    await folder.#removeLeftovers();
    return folder;
  }

  /** Returns a path for an unfinished file. */
  work(name: string): string {
    return join(this.path, WORK, name);
  }

  async #removeLeftovers(): Promise<void> {
    for await (const { name } of Deno.readDir(join(this.path, WORK))) {
      if (name !== "lock") await Deno.remove(this.work(name), { recursive: true });
    }
  }

  /** Removes the working folder and releases the lock. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      // Delete before unlocking: whoever opened this lock file sees that its name is gone.
      await Deno.remove(join(this.path, WORK), { recursive: true });
    } finally {
      this.#lock.close();
    }
  }
}

/** Returns whether an open file still has this path. */
async function isSame(file: Deno.FsFile, path: string): Promise<boolean> {
  const { ino } = await file.stat();
  return await Deno.stat(path).then((named) => named.ino === ino, () => false);
}
