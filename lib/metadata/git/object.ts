import { gitError } from "./errors.ts";

/** Kinds of objects by their numbers in packs. */
export const OBJECT_KINDS = { 1: "commit", 2: "tree", 3: "blob", 4: "tag" } as const;

/** What an object is. */
export type ObjectKind = (typeof OBJECT_KINDS)[keyof typeof OBJECT_KINDS];

/** A git object, unpacked. */
export interface GitObject {
  kind: ObjectKind;
  bytes: Uint8Array;
}

/** Largest object that is read; files of a registry are a thousandth of it. */
export const OBJECT_BYTES_MAX: number = 16 * 1024 * 1024;

/** What of a commit is needed to walk through history. */
export interface CommitObject {
  /** Id of the root tree. */
  tree: string;
  parents: string[];
  /** Committer's time, seconds since 1970. */
  timeS: number;
  /** Committer's zone, `+0200`. */
  zone: string;
}

/** An entry of a tree. */
interface TreeEntry {
  name: string;
  id: string;
  isTree: boolean;
}

const TEXT = new TextDecoder();

/** Reads a commit. Throws ConfigError `GIT_FAILED`. */
export function parseCommit({ kind, bytes }: GitObject): CommitObject {
  const [head = ""] = TEXT.decode(bytes).split("\n\n", 1);
  const tree = /^tree ([\da-f]+)$/m.exec(head)?.[1];
  const committer = /^committer .*> (-?\d+) ([+-]\d{4})$/m.exec(head);
  if (kind !== "commit" || tree === undefined || committer === null) throw gitError("no commit");
  return {
    tree,
    parents: [...head.matchAll(/^parent ([\da-f]+)$/gm)].map(([, id]) => id as string),
    timeS: Number(committer[1]),
    zone: committer[2] as string,
  };
}

/** Reads a tree: `<mode> <name>\0<id>` each. Throws ConfigError `GIT_FAILED`. */
export function parseTree({ kind, bytes }: GitObject, idBytes: number): TreeEntry[] {
  if (kind !== "tree") throw gitError("no tree");
  const entries: TreeEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const zero = bytes.indexOf(0, space);
    const end = zero + 1 + idBytes;
    if (space < 0 || zero < 0 || end > bytes.length) throw gitError("a tree is cut off");
    const mode = TEXT.decode(bytes.subarray(at, space));
    const name = TEXT.decode(bytes.subarray(space + 1, zero));
    entries.push({ name, id: bytes.subarray(zero + 1, end).toHex(), isTree: mode === "40000" });
    at = end;
  }
  return entries;
}
