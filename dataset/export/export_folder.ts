import { join } from "node:path";
import { StorageError } from "@ssmd/runtime";

/** Folder within an export for what is not whole yet; readers of partitioned data pass over it. */
const WORK = ".ssmd-export";

/**
 * A folder that one export at a time writes to. What is not whole lies in a folder of its own within
 * it and gets its name when it is; what a killed export left there is removed by the next one.
 */
export class ExportFolder implements AsyncDisposable {
  /** The folder itself. */
  readonly path: string;
  #lock: Deno.FsFile;

  private constructor(path: string, lock: Deno.FsFile) {
    this.path = path;
    this.#lock = lock;
  }

  /** Opens a folder, which is made where it is missing. Throws StorageError `EXPORT_RUNNING`. */
  static async open(path: string): Promise<ExportFolder> {
    const work = join(path, WORK);
    await Deno.mkdir(work, { recursive: true });
    const lock = await Deno.open(join(work, "lock"), { create: true, write: true });
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

  /** Where something that is not whole may lie. */
  work(name: string): string {
    return join(this.path, WORK, name);
  }

  async #removeLeftovers(): Promise<void> {
    for await (const { name } of Deno.readDir(join(this.path, WORK))) {
      if (name !== "lock") await Deno.remove(this.work(name), { recursive: true });
    }
  }

  /** Removes what lies in the folder of unfinished files, and lets others in. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      // Who opened the lock before its name goes is refused: it is no longer what the name stands for.
      await Deno.remove(join(this.path, WORK), { recursive: true });
    } finally {
      this.#lock.close();
    }
  }
}

/** Whether an open file is the one that has this name now. */
async function isSame(file: Deno.FsFile, path: string): Promise<boolean> {
  const { ino } = await file.stat();
  return await Deno.stat(path).then((named) => named.ino === ino, () => false);
}
