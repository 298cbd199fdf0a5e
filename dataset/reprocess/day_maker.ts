import {
  changedManifest,
  emptyManifest,
  isDayOver,
  loadManifest,
  type Manifest,
  type ManifestFile,
  type ManifestGap,
  type ManifestId,
  normalizedTypePrefix,
  parseSealedKey,
  saveManifest,
  sealedKey,
  usOfNsText,
} from "@ssmd/archive";
import { ALL_SYMBOLS, EVENT_TYPES, type EventType } from "@ssmd/market";
import { isoOfUs, nowUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { TranslationState } from "./connection_translation.ts";
import type { Executor } from "./executor.ts";
import type { JobDay, VersionId } from "./job.ts";
import type { PlannedDay } from "./plan.ts";
import { digestOf, type RawConnection } from "./raw_connections.ts";
import type { SealResult } from "./seal_type.ts";
import type { TranslateResult } from "./translate_day.ts";

/** Options of a day maker. */
interface DayMakerOptions {
  storage: Storage;
  executor: Executor;
  versionId: VersionId;
  /** Normalizer by id or day; default: that of each connection's first day. */
  normalizer?: string;
  software: { version: string; commit: string };
  /** Folder for intermediate records. */
  scratch: string;
}

/** Makes days of a version: first their records, then their objects. */
export class DayMaker {
  #options: DayMakerOptions;

  /** Creates a day maker. */
  constructor(options: DayMakerOptions) {
    this.#options = options;
  }

  /**
   * Translates a day, resuming connections from `states`. Distributes connections over the
   * executor's threads by file size.
   */
  async translate(
    planned: PlannedDay,
    states: readonly TranslationState[],
  ): Promise<TranslateResult[]> {
    const { executor, versionId, normalizer, scratch } = this.#options;
    const { day } = planned;
    const shares = sharesOf(planned.connections, executor.width);
    return await Promise.all(shares.map((connections, i) =>
      executor.translate({
        ...{ day, feed: versionId.feed, scratch, name: `${day}-${i}` },
        ...(normalizer === undefined ? {} : { normalizer }),
        connections: connections.map((connection) => {
          const state = stateFor(connection, states);
          return state === undefined ? { connection } : { connection, state };
        }),
      })
    ));
  }

  /** Returns the first object part number of a day that the version does not use. */
  async freePart(day: string): Promise<number> {
    const { storage, versionId } = this.#options;
    const manifest = await loadManifest(storage, { kind: "normalized", ...versionId, day });
    return 1 + Math.max(0, ...(manifest?.files ?? []).map(({ key }) => partOf(key)));
  }

  /** Publishes a day's objects by writing its manifest; removes the version's older ones. */
  async write(
    planned: PlannedDay,
    translated: readonly TranslateResult[],
    sealed: readonly SealResult[],
  ): Promise<JobDay> {
    const { storage, versionId, software } = this.#options;
    const manifestId: ManifestId = { kind: "normalized", ...versionId, day: planned.day };
    const files = sealed.map(({ file }) => file);
    const symbols = new Set(sealed.flatMap((each) => each.symbols));
    symbols.delete(ALL_SYMBOLS);
    const notes = translated.flatMap((each) => each.notes);
    const atUs = nowUs();
    const over = isDayOver(planned.day, atUs);
    const status = !over ? "open" : notes.length === 0 ? "complete" : "partial";
    const manifest = changedManifest(emptyManifest(manifestId), {
      files,
      gaps: translated.flatMap(({ gaps }) => gaps).sort(byTime),
      symbols: symbols.size,
      ordered: translated.flatMap(({ states }) =>
        states.flatMap((state) => state.symbols.map(({ symbol }) => symbol))
      ),
      status,
      writtenBy: `${software.version}+${software.commit}`,
      nowUs: atUs,
    });
    await saveManifest(storage, manifest);
    await this.#removeOld(planned.day, manifest);
    await removeAll(translated);
    return {
      input: planned.input,
      whole: notes.length === 0,
      notes,
      lines: translated.reduce((sum, { lines }) => sum + lines, 0),
      records: countsOf(files),
      symbols: symbols.size,
      bytes: manifest.bytes,
      finishedAt: isoOfUs(atUs),
    };
  }

  /** Writes the objects of a translated day; no manifest names them yet. */
  async seal(
    day: string,
    translated: readonly TranslateResult[],
    part: number,
  ): Promise<SealResult[]> {
    const { executor, versionId, software } = this.#options;
    const source = {
      ...{ env: versionId.env, feed: versionId.feed, day, processor: "reprocess", software },
      ...{ source: "raw", nowUs: nowUs() },
    };
    return await Promise.all(
      EVENT_TYPES.map((type) => ({
        type,
        records: translated.flatMap(({ records }) => records[type] ?? []),
      })).filter(({ records }) => records.length > 0)
        .map(({ type, records }) =>
          executor.seal({
            type,
            records,
            source,
            key: sealedKey({ ...versionId, type, day, part }),
          })
        ),
    );
  }

  /** Removes the day's objects that the manifest does not name. */
  async #removeOld(day: string, manifest: Manifest): Promise<void> {
    const { storage, versionId } = this.#options;
    const named = new Set(manifest.files.map(({ key }) => key));
    for (const type of EVENT_TYPES) {
      const prefix = normalizedTypePrefix(versionId.env, versionId.feed, {
        type,
        version: versionId.version,
      });
      for await (const { key } of storage.list(`${prefix}${day.replaceAll("-", "/")}/`)) {
        if (!named.has(key)) await storage.delete(key);
      }
    }
  }
}

/** Returns a connection's state if its raw files up to there are unchanged. */
function stateFor(
  connection: RawConnection,
  states: readonly TranslationState[],
): TranslationState | undefined {
  return states.find((state) =>
    state.run === connection.run && state.connection === connection.connection &&
    state.files <= connection.files.length && digestOf(connection, state.files) === state.digest
  );
}

/** Assigns connections, largest first, to the least loaded share. */
function sharesOf(connections: readonly RawConnection[], width: number): RawConnection[][] {
  const sized = connections.map((connection) => ({
    connection,
    bytes: connection.files.reduce((sum, { bytes }) => sum + bytes, 0),
  })).sort((a, b) => b.bytes - a.bytes);
  const shares = Array.from(
    { length: Math.min(width, connections.length) },
    () => ({ connections: [] as RawConnection[], bytes: 0 }),
  );
  for (const { connection, bytes } of sized) {
    const share = shares.reduce((least, each) => each.bytes < least.bytes ? each : least);
    share.connections.push(connection);
    share.bytes += bytes;
  }
  return shares.map((share) => share.connections);
}

function partOf(key: string): number {
  return parseSealedKey(key)?.part ?? 0;
}

function byTime(a: ManifestGap, b: ManifestGap): number {
  return usOfNsText(a.receivedAt) - usOfNsText(b.receivedAt) ||
    (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0);
}

function countsOf(files: readonly ManifestFile[]): Record<EventType, number> {
  const counts = { trade: 0, ticker: 0, orderbook: 0, status: 0, gap: 0, fire: 0, action: 0 };
  for (const { type, count } of files) if (type !== undefined) counts[type] += count;
  return counts;
}

async function removeAll(translated: readonly TranslateResult[]): Promise<void> {
  for (const { path } of translated.flatMap(({ records }) => Object.values(records))) {
    await Deno.remove(path);
  }
}
