import { writingTo } from "@ssmd/runtime/output_error";
import { type FileChange, fileChange } from "../registry/change.ts";
import type { Registry } from "../registry/registry.ts";
import { valuesPath, valuesText } from "./render.ts";

/** File with the rendered values of an environment, and the change that a new rendering makes. */
export class ValuesFile {
  readonly path: string;
  readonly before: string | undefined;

  private constructor(path: string, before: string | undefined) {
    this.path = path;
    this.before = before;
  }

  /** Reads the current file. */
  static async of(registry: Registry, env: string): Promise<ValuesFile> {
    const path = projectOf(registry) + valuesPath(env);
    try {
      return new ValuesFile(path, await Deno.readTextFile(path));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return new ValuesFile(path, undefined);
    }
  }

  /** Writes the rendered environment unless `dryRun`; returns no change when it is up to date. */
  async render(registry: Registry, env: string, dryRun: boolean): Promise<FileChange[]> {
    const text = valuesText(registry, env);
    if (text === this.before) return [];
    if (!dryRun) {
      await writingTo(this.path, async () => {
        await Deno.mkdir(this.path.slice(0, this.path.lastIndexOf("/")), { recursive: true });
        await Deno.writeTextFile(this.path, text);
      });
    }
    return [fileChange(this.path, this.before, text)];
  }
}

/** Parent of the registry folder, with a slash; "" = the working directory. */
function projectOf({ dir }: Registry): string {
  return dir.replace(/^\.\//, "").replace(/[^/]*\/?$/, "");
}
