import { messageOf } from "@ssmd/runtime";
import type { MarketEvent } from "@ssmd/market";
import {
  dayOfUs,
  isSideObject,
  loadManifest,
  type Manifest,
  manifestKey,
  type ManifestPlace,
  parseManifestKey,
  parseNormalizedKey,
  parseRawKey,
} from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";
import { codeOf } from "./file_check.ts";
import { NormalizedFiles } from "./normalized_files.ts";
import { RawFeed } from "./raw_feed.ts";
import { type Report, ReportBuilder } from "./report.ts";
import { Tally, type TypeDifference } from "./tally.ts";

/** What is verified. */
export interface VerifyOptions {
  /** One environment; default all. */
  env?: string;
  /** Called after each file. */
  onProgress?: (filesDone: number, filesTotal: number) => void;
}

/** All that storage has of one feed. */
interface Feed {
  env: string;
  feed: string;
  raw: Manifest[];
  normalized: Manifest[];
}

/**
 * Recounts an archive: every file against its manifest (there, size, SHA-256, readable, counts,
 * spans), every file against the manifests (none is unnamed), no record twice, and the records and
 * gaps of each day against those that the raw frames give when they are translated anew. A record
 * carries its connection's sequence number and not the connection: records are balanced as a set
 * by type and sequence number, which finds whatever is lost, doubled or changed.
 * Throws StorageError when storage cannot be listed.
 */
export async function verifyArchive(
  storage: Storage,
  options: VerifyOptions = {},
): Promise<Report> {
  const report = new ReportBuilder();
  const sizes = await listKeys(storage, options.env);
  const feeds = await loadFeeds(storage, sizes, report);
  const named = new Set<string>();
  for (const { raw, normalized } of feeds) {
    for (const { files } of [...raw, ...normalized]) for (const { key } of files) named.add(key);
  }
  reportUnnamed(sizes, named, report);
  let done = 0;
  const onFile = () => options.onProgress?.(++done, named.size);
  for (const feed of feeds) await verifyFeed(storage, feed, sizes, report, onFile);
  return report.build();
}

async function listKeys(storage: Storage, env?: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const kind of ["raw", "normalized"]) {
    const prefix = env === undefined ? `${kind}/` : `${kind}/${env}/`;
    for await (const { key, size } of storage.list(prefix)) sizes.set(key, size);
  }
  return sizes;
}

async function loadFeeds(
  storage: Storage,
  sizes: ReadonlyMap<string, number>,
  report: ReportBuilder,
): Promise<Feed[]> {
  const feeds = new Map<string, Feed>();
  for (const key of sizes.keys()) {
    const place = parseManifestKey(key);
    if (place === undefined) continue;
    const { env, feed, kind } = place;
    const manifest = await loaded(storage, place, key, report);
    if (manifest === undefined) continue;
    const name = `${env}/${feed}`;
    const known = feeds.get(name) ?? { env, feed, raw: [], normalized: [] };
    known[kind].push(manifest);
    feeds.set(name, known);
  }
  return [...feeds.values()];
}

async function loaded(
  storage: Storage,
  place: ManifestPlace,
  key: string,
  report: ReportBuilder,
): Promise<Manifest | undefined> {
  try {
    const manifest = await loadManifest(storage, place);
    if (manifest !== undefined && manifestKey(manifest) === key) return manifest;
    report.add({ ...place, key }, "MANIFEST_MISPLACED", `${key} is the manifest of another place.`);
  } catch (error) {
    report.add({ ...place, key }, codeOf(error), messageOf(error));
  }
  return undefined;
}

function reportUnnamed(
  sizes: ReadonlyMap<string, number>,
  named: ReadonlySet<string>,
  report: ReportBuilder,
): void {
  for (const key of sizes.keys()) {
    if (named.has(key) || parseManifestKey(key) !== undefined || isSideObject(key)) continue;
    const [, env = "", feed = ""] = key.split("/");
    const atUs = (parseRawKey(key) ?? parseNormalizedKey(key))?.atUs;
    const day = atUs === undefined ? "" : dayOfUs(atUs);
    report.add(
      { env, feed, day, key },
      "FILE_UNNAMED",
      `${key} is in storage and no manifest names it.`,
    );
  }
}

async function verifyFeed(
  storage: Storage,
  { env, feed, raw, normalized }: Feed,
  sizes: ReadonlyMap<string, number>,
  report: ReportBuilder,
  onFile: () => void,
): Promise<void> {
  const tallies = new Map<string, Tally>();
  const tallyOf = (day: string): Tally => {
    const tally = tallies.get(day) ?? new Tally();
    tallies.set(day, tally);
    return tally;
  };
  const expect = (event: MarketEvent) => tallyOf(dayOfUs(event.receivedAtUs)).expect(event);
  const rawFeed = new RawFeed({ storage, env, feed, sizes, report, onFile, expect });
  await rawFeed.verify(raw);
  const files = new NormalizedFiles({ storage, sizes, report, onFile });
  for (const manifest of normalized) {
    const tally = tallyOf(manifest.day);
    await files.verify(manifest, (event) => tally.find(event));
    for (const gap of manifest.gaps) tally.listed(gap);
  }
  if (raw.length === 0) {
    report.add({ env, feed }, "RAW_MISSING", `${env}/${feed} has records and no raw manifest.`);
    return;
  }
  // What a hole in raw or an unreadable file costs would come again here, as every record of it.
  if (!rawFeed.whole || !files.whole) return;
  for (const [day, tally] of [...tallies].sort(([a], [b]) => (a < b ? -1 : 1))) {
    balance({ env, feed, day }, tally, report);
  }
}

function balance(
  place: { env: string; feed: string; day: string },
  tally: Tally,
  report: ReportBuilder,
): void {
  const where = `${place.env}/${place.feed} on ${place.day}`;
  for (const difference of tally.differences()) {
    report.add(place, "RECORDS_DIFFER", `${where}, ${differenceText(difference)}.`);
  }
  for (const { gap, balance } of tally.gapDifferences()) {
    const what = `gap of ${gap.symbol} (${gap.reason}) received at ${gap.time}`;
    const message = balance > 0
      ? `the raw frames give a ${what} that the manifest does not list`
      : `the manifest lists a ${what} that the raw frames do not give`;
    report.add(place, "GAPS_DIFFER", `${where}, ${message}.`);
  }
}

function differenceText(difference: TypeDifference): string {
  const { type, expected, found, missing, surplus, changed } = difference;
  const parts = [`${type}: the raw frames give ${expected} records, the archive has ${found}`];
  if (missing.length > 0) parts.push(`not archived: sequence ${listOf(missing)}`);
  if (surplus.length > 0) parts.push(`archived too often: sequence ${listOf(surplus)}`);
  if (changed.length > 0) parts.push(`with another content: sequence ${listOf(changed)}`);
  return parts.join("; ");
}

function listOf(numbers: readonly number[]): string {
  return `${numbers.join(", ")}${numbers.length >= 5 ? ", …" : ""}`;
}
