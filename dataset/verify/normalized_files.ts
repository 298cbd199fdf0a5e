import { messageOf } from "@ssmd/runtime";
import type { MarketEvent } from "@ssmd/market";
import {
  compareFrameOffsets,
  isSealedDay,
  lastOffsetOf,
  type Lineage,
  type Manifest,
  type ManifestFile,
  openArchived,
  parseFrameOffset,
  type RunSpan,
} from "@ssmd/archive";
import {
  codeOf,
  compareFindings,
  type FileCheckOptions,
  type FileFindings,
  type NamedFile,
  namedFile,
} from "./file_check.ts";

/** Verifies normalized windows and sealed days, with one frame in memory at a time. */
export class NormalizedFiles {
  /** Whether every file was read to its end. */
  whole = true;
  #options: FileCheckOptions;

  /** Creates a verifier. */
  constructor(options: FileCheckOptions) {
    this.#options = options;
  }

  /** Verifies a manifest's files; `onRecord` gets every readable record. */
  async verify(manifest: Manifest, onRecord: (event: MarketEvent) => void): Promise<void> {
    const { report } = this.#options;
    const day = report.day(manifest.env, manifest.feed, {
      day: manifest.day,
      version: manifest.version,
    });
    day.status = manifest.status;
    day.quality = manifest.quality;
    for (const file of manifest.files) {
      const named = namedFile(manifest, file, this.#options);
      const count = (event: MarketEvent) => {
        day.records[event.type]++;
        onRecord(event);
      };
      if (named === undefined) this.whole = false;
      else await this.#recount(manifest, file, { named, onRecord: count });
      day.files++;
      day.bytes += file.bytes;
      this.#options.onFile();
    }
    // An expired day keeps its gaps in the manifest.
    if (manifest.expired === undefined) this.#checkGaps(manifest, day.records.gap);
  }

  async #recount(
    manifest: Manifest,
    file: ManifestFile,
    { named, onRecord }: { named: NamedFile; onRecord: (event: MarketEvent) => void },
  ): Promise<void> {
    const { report } = this.#options;
    const context = { ...manifest, key: file.key };
    const found: FileFindings = { count: 0, firstUs: Infinity, lastUs: 0 };
    let first = Infinity;
    let last = 0;
    try {
      for await (const batch of this.#recordsOf(manifest, file, named)) {
        for (const event of batch) {
          found.count++;
          found.firstUs = Math.min(found.firstUs, event.receivedAtUs);
          found.lastUs = Math.max(found.lastUs, event.receivedAtUs);
          first = Math.min(first, event.sequence);
          last = Math.max(last, event.sequence);
          onRecord(event);
        }
      }
      compareFindings(manifest, found, { file, report });
      if (first !== file.sequence?.first || last !== file.sequence.last) {
        const says = `${file.sequence?.first} to ${file.sequence?.last}`;
        const message =
          `${file.key} holds sequence ${first} to ${last}, its manifest says ${says}.`;
        report.add(context, "FILE_SEQUENCE", message);
      }
    } catch (error) {
      this.whole = false;
      report.add(context, codeOf(error), messageOf(error));
    }
  }

  /** Yields records in batches, then checks hash and positions. */
  async *#recordsOf(
    manifest: Manifest,
    file: ManifestFile,
    { object, checkHash }: NamedFile,
  ): AsyncIterable<Iterable<MarketEvent>> {
    const { storage } = this.#options;
    const sealed = isSealedDay(file) ? { sealed: file.sealed } : {};
    const { lineage, records } = await openArchived(storage, { ...object, ...sealed });
    yield* records();
    checkHash();
    for (const [run, span] of Object.entries((lineage as Lineage).runs ?? {})) {
      this.#checkPosition(manifest, run, { key: file.key, span });
    }
  }

  #checkGaps(manifest: Manifest, records: number): void {
    const { env, feed, day } = manifest;
    const gaps = manifest.gaps.filter(({ bus }) => bus === undefined);
    if (!this.whole || records === gaps.length) return;
    const message = `${env}/${feed} on ${day} has ${records} gap records, ` +
      `its manifest lists ${gaps.length}.`;
    this.#options.report.add(manifest, "GAPS_LISTED", message);
  }

  /** Checks that a file has no record beyond the run's archived position in the manifest. */
  #checkPosition(
    manifest: Manifest,
    run: string,
    { key, span }: { key: string; span: RunSpan },
  ): void {
    const last = parseFrameOffset(span.last);
    const archived = lastOffsetOf(manifest.positions, run);
    if (
      last === undefined || (archived !== undefined && compareFrameOffsets(last, archived) <= 0)
    ) {
      return;
    }
    const message = `${key} holds run ${run} up to ${span.last}, ` +
      `its manifest says it is archived up to ${manifest.positions[run] ?? "nowhere"}.`;
    this.#options.report.add({ ...manifest, key }, "POSITION_BEHIND", message);
  }
}
