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

/** Commits looked at before a search is given up. */
const COMMITS_MAX = 100_000;
/** Folders of objects: the repository's own and those it borrows from. */
const STORES_MAX = 8;

/** A commit that was found. */
export interface FoundCommit extends CommitObject {
  id: string;
}

/**
 * A git repository, read without git: a service that may run `git` may run anything. Loose objects
 * and packs (index version 2), SHA-1 and SHA-256, worktrees and borrowed objects are read; refs in
 * the reftable format are not. One read at a time.
 */
export class GitRepository {
  /** Where the registry's folder is in the tree, `a/b`; "" = at the root. */
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

  /** The repository in which `dir` lies; undefined = none. Throws ConfigError `GIT_FAILED`. */
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

  /** Closes its packs. */
  close(): void {
    for (const pack of this.#packs) pack.close();
  }

  /** Id of the commit that is checked out; undefined = there is none yet. */
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
   * The newest commit whose committer's time is at most `timeS`, of all that HEAD comes from; as
   * `git log -1 --before` finds it. undefined = none.
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
          // A shallow clone ends before its history does.
          if (await textAt(`${this.#commonDir}/shallow`) === undefined) throw error;
        });
        if (parent !== undefined) insertByTime(open, parent);
      }
    }
    return undefined;
  }

  /** Ids of the files below the registry's folder in a commit, by path inside of it. */
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

  /** An object. Throws ConfigError `GIT_FAILED` when it is not there or damaged. */
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

/** Keeps commits by their time, the newest first; of equal ones the first comes first. */
function insertByTime(commits: FoundCommit[], commit: FoundCommit): void {
  const at = commits.findIndex(({ timeS }) => timeS < commit.timeS);
  commits.splice(at < 0 ? commits.length : at, 0, commit);
}

/** `<kind> <size>\0<content>` */
function looseObject(bytes: Uint8Array): GitObject {
  const zero = bytes.indexOf(0);
  const [kind, size] = new TextDecoder().decode(bytes.subarray(0, Math.max(zero, 0))).split(" ");
  const content = bytes.subarray(zero + 1);
  if (!/^(commit|tree|blob|tag)$/.test(kind ?? "") || Number(size) !== content.length) {
    throw gitError("a loose object is damaged");
  }
  return { kind: kind as ObjectKind, bytes: content };
}

/** The folder of a repository whose work tree begins at `root`. */
async function gitDirOf(root: string): Promise<string | undefined> {
  const path = `${root === "/" ? "" : root}/.git`;
  const info = await statOf(path);
  if (info === undefined || info.isDirectory) return info && path;
  const target = /^gitdir: (.+?)\s*$/.exec(await textAt(path) ?? "")?.[1];
  return target === undefined ? undefined : resolve(root, target);
}

/** A folder that may not be looked into holds no repository of ours: it lies above the project. */
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
