import { ConfigError } from "@ssmd/runtime/errors";

const ENVIRONMENTS = "environments";
const FEEDS = "feeds";
/** Maximum parent folders searched. */
const PARENTS_MAX = 32;

/**
 * Returns the nearest registry folder: `startDir` itself if it has `feeds` and `environments`, else
 * `exchanges` in it or in a parent. Throws ConfigError `CONFIG_NOT_FOUND`.
 */
export async function findRegistry(startDir: string): Promise<string> {
  let up = startDir.replace(/\/+$/, "") || (startDir === "" ? "." : "/");
  for (let i = 0; i < PARENTS_MAX; i++) {
    for (const candidate of [up, joined(up, "exchanges")]) {
      if (await isRegistry(candidate)) return candidate;
    }
    const parent = parentOf(up);
    if (parent === up) break;
    up = parent;
  }
  throw new ConfigError("CONFIG_NOT_FOUND", `There is no registry in ${startDir} or above it`, {
    hint:
      "Change to the project that has exchanges/, or begin one: ssmd init. An archive without one is read by --data, without --env",
    context: { startDir },
  });
}

function parentOf(path: string): string {
  if (path.startsWith("/")) return path.slice(0, path.lastIndexOf("/")) || "/";
  return path === "." ? ".." : /^(\.\.\/?)+$/.test(path) ? `../${path}` : joined(path, "..");
}

function joined(dir: string, name: string): string {
  return dir === "." ? name : dir === "/" ? `/${name}` : `${dir}/${name}`;
}

async function isRegistry(dir: string): Promise<boolean> {
  try {
    const parts = [Deno.stat(joined(dir, ENVIRONMENTS)), Deno.stat(joined(dir, FEEDS))];
    return (await Promise.all(parts)).every((each) => each.isDirectory);
  } catch {
    return false;
  }
}
