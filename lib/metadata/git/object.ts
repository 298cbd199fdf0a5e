import { gitError } from "./errors.ts";

/** Object kinds by pack type number. */
export const OBJECT_KINDS = { 1: "commit", 2: "tree", 3: "blob", 4: "tag" } as const;

/** Kind of an object. */
export type ObjectKind = (typeof OBJECT_KINDS)[keyof typeof OBJECT_KINDS];

/** An unpacked git object. */
export interface GitObject {
  kind: ObjectKind;
  bytes: Uint8Array;
}

/** Maximum object size; registry files are a thousandth of it. */
export const OBJECT_BYTES_MAX: number = 16 * 1024 * 1024;

/** Fields of a commit needed to walk the history. */
export interface CommitObject {
  /** Id of the root tree. */
  tree: string;
  parents: string[];
  /** Committer time, seconds since 1970. */
  timeS: number;
  /** Committer time zone, `+0200`. */
  zone: string;
}

/** An entry of a tree. */
interface TreeEntry {
  name: string;
  id: string;
  isTree: boolean;
}

const TEXT = new TextDecoder();

/** Parses a commit. Throws ConfigError `GIT_FAILED`. */
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

/** Parses a tree: entries of `<mode> <name>\0<id>`. Throws ConfigError `GIT_FAILED`. */
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
