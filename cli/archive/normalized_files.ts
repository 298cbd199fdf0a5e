import { messageOf } from "@ssmd/runtime";
import type { MarketEvent } from "@ssmd/market";
import {
  comparePlaces,
  type Lineage,
  type Manifest,
  type ManifestFile,
  normalizedOf,
  parsePlace,
  placeOf,
  type RunSpan,
} from "@ssmd/archive";
import {
  codeOf,
  compareFindings,
  type FileCheckOptions,
  type FileFindings,
  namedBytes,
} from "./file_check.ts";

/** Recounts normalized files. */
export class NormalizedFiles {
  /** Whether every file could be read to its end. */
  whole = true;
  #options: FileCheckOptions;

  /** With nothing read yet. */
  constructor(options: FileCheckOptions) {
    this.#options = options;
  }

  /** Recounts the files of a manifest; `onRecord` gets every record that can be read. */
  async verify(manifest: Manifest, onRecord: (event: MarketEvent) => void): Promise<void> {
    const { report } = this.#options;
    const day = report.day(manifest.env, manifest.feed, manifest.day);
    day.status = manifest.status;
    day.quality = manifest.quality;
    for (const file of manifest.files) {
      const bytes = await namedBytes(manifest, file, this.#options);
      if (bytes === undefined) this.whole = false;
      else {
        const lineage = this.#recount(manifest, file, bytes, (event) => {
          day.records[event.type]++;
          onRecord(event);
        });
        for (const [run, span] of Object.entries(lineage?.runs ?? {})) {
          this.#checkPosition(manifest, run, file.key, span);
        }
      }
      day.files++;
      day.bytes += file.bytes;
      this.#options.onFile();
    }
    this.#checkGaps(manifest, day.records.gap);
  }

  #recount(
    manifest: Manifest,
    file: ManifestFile,
    bytes: Uint8Array,
    onRecord: (event: MarketEvent) => void,
  ): Lineage | undefined {
    const { report } = this.#options;
    const place = { ...manifest, key: file.key };
    const found: FileFindings = { count: 0, firstUs: Infinity, lastUs: 0 };
    let first = Infinity;
    let last = 0;
    try {
      const { lineage, records } = normalizedOf(bytes, file.key);
      for (const event of records) {
        found.count++;
        found.firstUs = Math.min(found.firstUs, event.receivedAtUs);
        found.lastUs = Math.max(found.lastUs, event.receivedAtUs);
        first = Math.min(first, event.sequence);
        last = Math.max(last, event.sequence);
        onRecord(event);
      }
      compareFindings(manifest, file, found, report);
      if (first !== file.sequence?.first || last !== file.sequence.last) {
        const says = `${file.sequence?.first} to ${file.sequence?.last}`;
        const message =
          `${file.key} holds sequence ${first} to ${last}, its manifest says ${says}.`;
        report.add(place, "FILE_SEQUENCE", message);
      }
      return lineage.format === "ssmd-sealed/1" ? undefined : lineage;
    } catch (error) {
      this.whole = false;
      report.add(place, codeOf(error), messageOf(error));
      return undefined;
    }
  }

  #checkGaps(manifest: Manifest, records: number): void {
    if (!this.whole || records === manifest.gaps.length) return;
    const { env, feed, day, gaps } = manifest;
    const message = `${env}/${feed} on ${day} has ${records} gap records, ` +
      `its manifest lists ${gaps.length}.`;
    this.#options.report.add(manifest, "GAPS_LISTED", message);
  }

  /** No file may hold a record behind the place up to which the manifest says a run is archived. */
  #checkPosition(manifest: Manifest, run: string, key: string, span: RunSpan): void {
    const last = parsePlace(span.last);
    const archived = placeOf(manifest.positions, run);
    if (last === undefined || (archived !== undefined && comparePlaces(last, archived) <= 0)) {
      return;
    }
    const message = `${key} holds run ${run} up to ${span.last}, ` +
      `its manifest says it is archived up to ${manifest.positions[run] ?? "nowhere"}.`;
    this.#options.report.add({ ...manifest, key }, "POSITION_BEHIND", message);
  }
}
