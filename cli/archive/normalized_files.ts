import { messageOf } from "@ssmd/runtime";
import type { EventType, MarketEvent } from "@ssmd/market";
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
    const spans: FileRuns[] = [];
    for (const file of manifest.files) {
      const bytes = await namedBytes(manifest, file, this.#options);
      if (bytes === undefined) this.whole = false;
      else {
        const lineage = this.#recount(manifest, file, bytes, (event) => {
          day.records[event.type]++;
          onRecord(event);
        });
        if (lineage !== undefined) spans.push({ key: file.key, lineage });
      }
      day.files++;
      day.bytes += file.bytes;
      this.#options.onFile();
    }
    this.#checkGaps(manifest, day.records.gap);
    this.#checkRuns(manifest, spans);
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
      return lineage;
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

  /**
   * A run's records come in order, so the places that the files of a type hold may not overlap,
   * and none may lie behind what the manifest says is archived.
   */
  #checkRuns(manifest: Manifest, files: readonly FileRuns[]): void {
    const reached = new Map<string, { key: string; span: RunSpan }>();
    for (const { key, lineage } of files) {
      for (const [run, span] of Object.entries(lineage.runs)) {
        const name = `${lineage.schema.type as EventType} of run ${run}`;
        this.#checkOverlap(manifest, name, reached.get(name), { key, span });
        reached.set(name, { key, span });
        this.#checkPosition(manifest, run, key, span);
      }
    }
  }

  #checkOverlap(
    manifest: Manifest,
    name: string,
    before: { key: string; span: RunSpan } | undefined,
    { key, span }: { key: string; span: RunSpan },
  ): void {
    if (before === undefined) return;
    const first = parsePlace(span.first);
    const last = parsePlace(before.span.last);
    if (first === undefined || last === undefined || comparePlaces(first, last) > 0) return;
    const message = `${key} begins with ${span.first} of ${name}, ` +
      `which ${before.key} holds up to ${before.span.last}: records are archived twice.`;
    this.#options.report.add({ ...manifest, key }, "RECORDS_DOUBLED", message);
  }

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

interface FileRuns {
  key: string;
  lineage: Lineage;
}
