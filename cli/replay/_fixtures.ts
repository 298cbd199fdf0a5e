import { fileURLToPath } from "node:url";
import { folderStorage } from "@ssmd/storage";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";

/** The program's file. */
export const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** A folder with an archive of the environment `env`, for one test. */
export async function withArchive(
  env: string,
  test: (dir: string) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    const storage = folderStorage(dir);
    await fillArchive(storage, env);
    await storage.close();
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** The arguments with which this program runs `ssmd`. */
export function ssmdArgs(...args: string[]): string[] {
  return ["run", "-q", "-A", "--frozen", MAIN, ...args];
}

/** What `ssmd` printed, and its exit code. */
export async function ssmd(
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const command = new Deno.Command(Deno.execPath(), { args: ssmdArgs(...args) });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}
