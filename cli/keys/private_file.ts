import { Buffer } from "node:buffer";
import { dirname, join, relative, resolve } from "node:path";
import { ConfigError, pathExists, writeFileAtomically } from "@ssmd/runtime";

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;
/** Maximum number of parent folders searched for a repository. */
const PARENTS_MAX = 32;

/**
 * Writes secrets atomically, readable only by this user, in a folder that git ignores. Throws
 * ConfigError `KEY_FILE_IN_GIT` when git tracks the file.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await keepOutOfGit(path);
  await Deno.mkdir(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
  await writeFileAtomically(path, text, PRIVATE_FILE);
}

/** Makes git ignore the file and creates its folder. Throws `KEY_FILE_IN_GIT` when git tracks the file. */
export async function keepOutOfGit(path: string): Promise<void> {
  const folder = resolve(dirname(path));
  const root = await repositoryOf(folder);
  if (root === undefined) return;
  const index = await indexOf(root);
  const name = relative(folder, resolve(path));
  if (holdsPath(index, relative(root, resolve(path)))) {
    throw new ConfigError("KEY_FILE_IN_GIT", `${path} is a file that git keeps`, {
      hint: `Take it out first (git rm --cached ${path}), or name another file; ` +
        "values in git's history count as public: rotate them",
      context: { path },
    });
  }
  await Deno.mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
  const ignored = join(folder, ".gitignore");
  const lines = (await textOf(ignored)).split("\n");
  if (lines.includes("*") || lines.includes(`/${name}`)) return;
  const folderIsOurs = lines.join("") === "" && folder !== root &&
    !index.includes(bytesText(`${relative(root, folder)}/`));
  const rule = folderIsOurs ? "*" : `/${name}`;
  await Deno.writeTextFile(ignored, `${rule}\n`, { append: true });
}

async function repositoryOf(folder: string): Promise<string | undefined> {
  let up = folder;
  for (let i = 0; i < PARENTS_MAX; i++) {
    if (await pathExists(join(up, ".git"))) return up;
    if (dirname(up) === up) return undefined;
    up = dirname(up);
  }
  return undefined;
}

/** Git's index as Latin-1 text; it contains file paths verbatim. */
async function indexOf(root: string): Promise<string> {
  const git = join(root, ".git");
  const pointer = /^gitdir: (.+)$/m.exec(await textOf(git))?.[1];
  const path = join(pointer === undefined ? git : resolve(root, pointer), "index");
  const bytes = await Deno.readFile(path).catch(() => new Uint8Array());
  return Buffer.from(bytes).toString("latin1");
}

/** Returns true when an index entry has exactly this path: length before it, zero byte after it. */
function holdsPath(index: string, path: string): boolean {
  const text = bytesText(path);
  for (let at = index.indexOf(`${text}\0`); at >= 0; at = index.indexOf(`${text}\0`, at + 1)) {
    // Entries with extended flags have two more bytes in between.
    if (lengthBefore(index, at) === text.length) return true;
    if (lengthBefore(index, at - 2) === text.length) return true;
  }
  return false;
}

function lengthBefore(index: string, at: number): number {
  return (index.charCodeAt(at - 2) & 0x0f) << 8 | index.charCodeAt(at - 1);
}

function bytesText(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

async function textOf(path: string): Promise<string> {
  return await Deno.readTextFile(path).catch(() => "");
}
