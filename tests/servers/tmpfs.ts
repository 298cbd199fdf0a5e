const BLOCK = new Uint8Array(4096);

/** Whether this user may mount a small file system; a plain user and most containers may not. */
export function canMount(): boolean {
  if (Deno.uid() !== 0) return false;
  const probe = Deno.makeTempDirSync();
  try {
    const mounted = mount(probe, "size=64k");
    return mounted && run("umount", [probe]);
  } finally {
    Deno.removeSync(probe);
  }
}

/** A small file system that a test can fill; unmounted when disposed. */
export class Tmpfs implements AsyncDisposable {
  readonly path: string = Deno.makeTempDirSync({ prefix: "ssmd-tmpfs-" });

  /** Mounts a file system of `sizeMb`. */
  constructor(sizeMb: number) {
    if (!mount(this.path, `size=${sizeMb}m`)) throw new Error(`${this.path} cannot be mounted`);
  }

  /** Fills all free space. */
  fill(): void {
    using filler = Deno.openSync(`${this.path}/filler`, { create: true, append: true });
    try {
      for (;;) filler.writeSync(BLOCK);
    } catch {
      // The file system is full.
    }
  }

  /** Frees the filled space. */
  free(): void {
    Deno.removeSync(`${this.path}/filler`);
  }

  /** Makes it read-only. */
  makeReadOnly(): void {
    if (!run("mount", ["-o", "remount,ro", this.path])) throw new Error("cannot be remounted");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    run("umount", [this.path]);
    await Deno.remove(this.path);
  }
}

function mount(path: string, options: string): boolean {
  return run("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path]);
}

function run(program: string, args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
