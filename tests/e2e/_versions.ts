import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Manifest, parseManifestKey } from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";

/** A version of a feed as it lies in storage, without who made it when. */
export interface VersionContent {
  /** SHA-256 by key without the version. */
  objects: Record<string, string>;
  /** By day: what its manifest says, but for times and hashes of objects. */
  days: Record<string, unknown>;
}

/** All sealed days of a version. */
export async function contentOf(
  storage: Storage,
  versionId: { env: string; feed: string; version: string },
): Promise<VersionContent> {
  const { env, feed, version } = versionId;
  const content: VersionContent = { objects: {}, days: {} };
  const prefix = `normalized/${env}/${feed}/${version}/`;
  for await (const { key } of storage.list(prefix)) {
    const bytes = await storage.get(key);
    if (key.endsWith("/day.parquet")) {
      content.objects[key.slice(prefix.length)] = createHash("sha256").update(bytes).digest("hex");
    }
    const day = parseManifestKey(key)?.day;
    if (day !== undefined) content.days[day] = untimed(JSON.parse(new TextDecoder().decode(bytes)));
  }
  assert.ok(Object.keys(content.objects).length > 0, prefix);
  return content;
}

function untimed({ count, symbols, quality, gaps, files }: Manifest) {
  const parts = files.map(({ type, count, from, to, sequence, sealed }) => ({
    ...{ type, count, from, to, sequence, sealed },
  }));
  return { count, symbols, quality, gaps: gaps.length, files: sortedByType(parts) };
}

function sortedByType<T extends { type: string | undefined }>(parts: T[]): T[] {
  return parts.sort((a, b) => ((a.type ?? "") < (b.type ?? "") ? -1 : 1));
}
