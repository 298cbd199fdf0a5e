import { dirname, resolve } from "node:path";
import { gitError } from "./errors.ts";
import {
  type CommitObject,
  type GitObject,
  type ObjectKind,
  parseCommit,
  parseTree,
} from "./object.ts";
import { GitPack, inflated } from "./pack.ts";

/** Maximum commits visited by a search. */
const COMMITS_MAX = 100_000;
/** Maximum object folders: the repository's own and its alternates. */
const STORES_MAX = 8;

/** A commit with its id. */
export interface FoundCommit extends CommitObject {
  id: string;
}

/**
 * Reads a git repository without running git: a service allowed to run `git` could run anything.
 * Supports loose objects, packs (index version 2), SHA-1 and SHA-256, worktrees and alternates, but
 * not reftable refs. Not safe for concurrent reads.
 */
export class GitRepository {
  /** Path of the registry folder in the tree, `a/b`; "" = the root. */
  readonly prefix: string;
  #gitDir: string;
  #commonDir: string;
  #idBytes: number;
  #stores: string[] = [];
  #packs: GitPack[] = [];

  private constructor(at: { gitDir: string; commonDir: string; prefix: string; idBytes: number }) {
    this.#gitDir = at.gitDir;
    this.#commonDir = at.commonDir;
    this.prefix = at.prefix;
    this.#idBytes = at.idBytes;
  }

  /** Opens the repository containing `dir`; undefined = none. Throws ConfigError `GIT_FAILED`. */
  static async open(dir: string): Promise<GitRepository | undefined> {
    const start = await Deno.realPath(dir);
    for (let root = start;; root = dirname(root)) {
      const gitDir = await gitDirOf(root);
      if (gitDir !== undefined) {
        const common = await textAt(`${gitDir}/commondir`);
        const commonDir = common === undefined ? gitDir : resolve(gitDir, common.trim());
        const config = await textAt(`${commonDir}/config`) ?? "";
        const idBytes = /^\s*objectformat\s*=\s*sha256\s*$/im.test(config) ? 32 : 20;
        const prefix = start.slice(root.length).replace(/^\//, "");
        const found = new GitRepository({ gitDir, commonDir, prefix, idBytes });
        await found.#openStores();
        return found;
      }
      if (dirname(root) === root) return undefined;
    }
  }

  /** Closes the packs. */
  close(): void {
    for (const pack of this.#packs) pack.close();
  }

  /** Returns the id of the checked-out commit; undefined = none yet. */
  async head(): Promise<string | undefined> {
    let text = await textAt(`${this.#gitDir}/HEAD`);
    for (let i = 0; text !== undefined && i < 5; i++) {
      const id = /^([\da-f]{40}|[\da-f]{64})\s*$/.exec(text)?.[1];
      if (id !== undefined) return id;
      const ref = /^ref: (refs\/[^\s]+)\s*$/.exec(text)?.[1];
      if (ref === undefined || ref.split("/").includes("..")) throw gitError("HEAD is none");
      text = await textAt(`${this.#gitDir}/${ref}`) ?? await textAt(`${this.#commonDir}/${ref}`) ??
        await this.#packedRef(ref);
    }
    return undefined;
  }

  /**
   * Returns the newest commit reachable from HEAD with committer time at most `timeS`, like `git
   * log -1 --before`; undefined = none.
   */
  async commitBefore(timeS: number): Promise<FoundCommit | undefined> {
    const head = await this.head();
    if (head === undefined) return undefined;
    const seen = new Set([head]);
    const open: FoundCommit[] = [await this.#commit(head)];
    while (open.length > 0) {
      const found = open.shift() as FoundCommit;
      if (found.timeS <= timeS) return found;
      for (const id of found.parents) {
        if (seen.has(id)) continue;
        seen.add(id);
        if (seen.size > COMMITS_MAX) throw gitError(`more than ${COMMITS_MAX} commits`);
        const parent = await this.#commit(id).catch(async (error) => {
          // History of a shallow clone is incomplete.
          if (await textAt(`${this.#commonDir}/shallow`) === undefined) throw error;
        });
        if (parent !== undefined) insertByTime(open, parent);
      }
    }
    return undefined;
  }

  /** Returns ids of the files in the registry folder of a commit, by relative path. */
  async filesOf(commit: CommitObject): Promise<Map<string, string>> {
    let tree: string | undefined = commit.tree;
    for (const name of this.prefix.split("/").filter((part) => part !== "")) {
      const entries = parseTree(await this.object(tree), this.#idBytes);
      tree = entries.find((entry) => entry.isTree && entry.name === name)?.id;
      if (tree === undefined) return new Map();
    }
    const files = new Map<string, string>();
    for (const folder of parseTree(await this.object(tree), this.#idBytes)) {
      if (!folder.isTree) continue;
      for (const { name, id, isTree } of parseTree(await this.object(folder.id), this.#idBytes)) {
        if (!isTree) files.set(`${folder.name}/${name}`, id);
      }
    }
    return files;
  }

  /** Returns an object. Throws ConfigError `GIT_FAILED` when it is missing or corrupt. */
  async object(id: string): Promise<GitObject> {
    for (const store of this.#stores) {
      const loose = await bytesAt(`${store}/${id.slice(0, 2)}/${id.slice(2)}`);
      if (loose !== undefined) return looseObject(inflated(loose));
    }
    for (const pack of this.#packs) {
      const found = await pack.object(id, (base) => this.object(base));
      if (found !== undefined) return found;
    }
    throw gitError(`object ${id} is missing`);
  }

  async #commit(id: string): Promise<FoundCommit> {
    return { id, ...parseCommit(await this.object(id)) };
  }

  async #packedRef(ref: string): Promise<string | undefined> {
    const text = await textAt(`${this.#commonDir}/packed-refs`) ?? "";
    const line = text.split("\n").find((each) => each.endsWith(` ${ref}`));
    return line?.split(" ")[0];
  }

  async #openStores(): Promise<void> {
    const open = [`${this.#commonDir}/objects`];
    for (let store = open.shift(); store !== undefined; store = open.shift()) {
      if (this.#stores.push(store) > STORES_MAX) throw gitError("too many alternates");
      const borrowed = await textAt(`${store}/info/alternates`) ?? "";
      for (const line of borrowed.split("\n")) {
        if (line !== "" && !line.startsWith("#")) open.push(resolve(store, line));
      }
      for (const name of await namesIn(`${store}/pack`)) {
        if (!name.endsWith(".idx")) continue;
        this.#packs.push(new GitPack(`${store}/pack/${name.slice(0, -4)}`, this.#idBytes));
      }
    }
  }
}

/** Inserts a commit sorted by time, newest first; stable for equal times. */
function insertByTime(commits: FoundCommit[], commit: FoundCommit): void {
  const at = commits.findIndex(({ timeS }) => timeS < commit.timeS);
  commits.splice(at < 0 ? commits.length : at, 0, commit);
}

/** Parses a loose object: `<kind> <size>\0<content>`. */
function looseObject(bytes: Uint8Array): GitObject {
  const zero = bytes.indexOf(0);
  const [kind, size] = new TextDecoder().decode(bytes.subarray(0, Math.max(zero, 0))).split(" ");
  const content = bytes.subarray(zero + 1);
  if (!/^(commit|tree|blob|tag)$/.test(kind ?? "") || Number(size) !== content.length) {
    throw gitError("a loose object is damaged");
  }
  return { kind: kind as ObjectKind, bytes: content };
}

/** Returns the git folder of the work tree at `root`; undefined = none. */
async function gitDirOf(root: string): Promise<string | undefined> {
  const path = `${root === "/" ? "" : root}/.git`;
  const info = await statOf(path);
  if (info === undefined || info.isDirectory) return info && path;
  const target = /^gitdir: (.+?)\s*$/.exec(await textAt(path) ?? "")?.[1];
  return target === undefined ? undefined : resolve(root, target);
}

/** Ignores unreadable folders: they are above the project. */
async function statOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) {
      return undefined;
    }
    throw gitError(error instanceof Error ? error.message : String(error), error);
  }
}

async function textAt(path: string): Promise<string | undefined> {
  return await unlessAbsent(Deno.readTextFile(path));
}

async function bytesAt(path: string): Promise<Uint8Array | undefined> {
  return await unlessAbsent(Deno.readFile(path));
}

async function namesIn(dir: string): Promise<string[]> {
  const names: string[] = [];
  await unlessAbsent((async () => {
    for await (const { name } of Deno.readDir(dir)) names.push(name);
  })());
  return names;
}

async function unlessAbsent<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw gitError(cause instanceof Error ? cause.message : String(cause), cause);
  }
}
