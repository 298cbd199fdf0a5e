import { createHash } from "node:crypto";
import {
  comparePositions,
  feedPrefix,
  loadManifest,
  type Manifest,
  type ManifestFile,
  parseManifestKey,
  usOfNsText,
} from "@ssmd/archive";
import { allTurns, type RunTurn, tradesFromUs, turnsOf } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";

/** A connection of one connector run, with its raw files in line order. */
export interface RawConnection {
  /** Run of the connector. */
  run: string;
  /** Connection name, as in file names. */
  connection: string;
  /** In line order. */
  files: ManifestFile[];
  /** Turns of its run, if it publishes in turns. */
  turns: readonly RunTurn[];
}

/** Loads a feed's raw manifests by day. Throws ArchiveError for a damaged one, StorageError. */
export async function rawManifests(
  storage: Storage,
  env: string,
  feed: string,
): Promise<Manifest[]> {
  const days: string[] = [];
  for await (const { key } of storage.list(feedPrefix("raw", env, { feed }))) {
    const manifestId = parseManifestKey(key);
    if (manifestId !== undefined) days.push(manifestId.day);
  }
  const manifests: Manifest[] = [];
  for (const day of days.sort()) {
    const manifest = await loadManifest(storage, { kind: "raw", env, feed, day });
    if (manifest !== undefined) manifests.push(manifest);
  }
  return manifests;
}

/** Returns the connections in manifests, older runs first. */
export function rawConnectionsOf(manifests: readonly Manifest[]): RawConnection[] {
  const connections = new Map<string, RawConnection>();
  const turns = allTurns(manifests);
  for (const file of manifests.flatMap(({ files }) => files)) {
    const { run = "", connection = "" } = file;
    const name = `${run} ${connection}`;
    const known = connections.get(name);
    if (known === undefined) {
      connections.set(name, { run, connection, files: [file], turns: turnsOf(run, turns) });
    } else known.files.push(file);
  }
  const all = [...connections.values()];
  for (const { files } of all) {
    files.sort((a, b) => (a.sequence?.first ?? 0) - (b.sequence?.first ?? 0));
  }
  return all.sort((a, b) =>
    comparePositions({ run: a.run, frame: 0, index: 0 }, { run: b.run, frame: 0, index: 0 }) ||
    (a.connection < b.connection ? -1 : 1)
  );
}

/** Returns a digest of a connection's first `count` files and its turns during them. */
export function digestOf({ run, connection, files, turns }: RawConnection, count: number): string {
  const hash = createHash("sha256").update(`${run} ${connection}\n`);
  for (const { sha256, sequence } of files.slice(0, count)) {
    hash.update(`${sequence?.first ?? 0} ${sha256}\n`);
  }
  const lastUs = usOfNsText(files[count - 1]?.to ?? "0");
  for (const turn of turns) {
    if (tradesFromUs(turn) > lastUs) continue;
    const { fromUs, end, told, cuts, isLate, released } = turn;
    const over = end !== undefined && end.atUs <= lastUs ? end : undefined;
    hash.update(JSON.stringify([fromUs, isLate, told, cuts, over]));
    // Conditional, so that digests of turns without them stay unchanged.
    if (released !== undefined) hash.update(JSON.stringify(released));
    if (turn.tradesFromUs !== undefined) hash.update(`${turn.tradesFromUs}`);
  }
  return hash.digest("hex");
}
