import { messageOf } from "@ssmd/runtime";
import { allTurns, type MarketEvent, type RunTurn, turnsOf } from "@ssmd/market";
import {
  type CaptureInfo,
  dayOfUs,
  type Manifest,
  type ManifestFile,
  type RawLine,
  streamRaw,
  usOfNsText,
} from "@ssmd/archive";
import { type Translator, translatorOf } from "@ssmd/exchanges";
import {
  codeOf,
  compareFindings,
  type FileCheckOptions,
  type FileFindings,
  type NamedFile,
  namedFile,
} from "./file_check.ts";
import type { DayReport } from "./report.ts";

/** Options of verifying a feed's raw files. */
export interface RawFeedOptions extends FileCheckOptions {
  env: string;
  feed: string;
  /** Receives every record derived from the frames. */
  expect: (event: MarketEvent) => void;
}

/** A raw file with its manifest. */
interface Named {
  manifest: Manifest;
  file: ManifestFile;
}

/** State of a connection during verification. */
interface Connection {
  name: string;
  /** Lines so far; undefined after an unreadable file, which is already reported. */
  lines: number | undefined;
  translator: Translator | undefined;
  /** Whether retention removed its start, so its records are unknown. */
  isCut: boolean;
  /** Turns of its run. */
  turns: readonly RunTurn[];
}

/** Verifies a feed's raw files and translates them again, each connection in its own order. */
export class RawFeed {
  /** Whether every captured line was translated. */
  whole = true;
  /** Expired days, and days with connections whose start was removed by retention. */
  readonly unknownDays = new Set<string>();
  #options: RawFeedOptions;
  #isExpired = false;

  /** Creates a verifier. */
  constructor(options: RawFeedOptions) {
    this.#options = options;
  }

  /** Verifies all files in the manifests. */
  async verify(manifests: readonly Manifest[]): Promise<void> {
    const { report, env, feed } = this.#options;
    const connections = new Map<string, Named[]>();
    const turns = allTurns(manifests);
    for (const manifest of manifests) {
      report.day(env, feed, { day: manifest.day }).rawStatus = manifest.status;
      if (manifest.expired !== undefined) {
        this.#isExpired = true;
        this.unknownDays.add(manifest.day);
      }
      for (const file of manifest.files) {
        const name = `${file.run ?? ""} ${file.connection ?? ""}`;
        connections.set(name, [...connections.get(name) ?? [], { manifest, file }]);
      }
    }
    for (const files of connections.values()) {
      files.sort((a, b) => (a.file.sequence?.first ?? 0) - (b.file.sequence?.first ?? 0));
      const { run = "", connection: name = "" } = files[0]?.file ?? {};
      const connection: Connection = {
        ...{ name, lines: 0, translator: undefined, isCut: false },
        turns: turnsOf(run, turns),
      };
      for (const named of files) await this.#verifyFile(named, connection);
    }
  }

  async #verifyFile({ manifest, file }: Named, connection: Connection): Promise<void> {
    const { report } = this.#options;
    const named = namedFile(manifest, file, this.#options);
    const day = report.day(manifest.env, manifest.feed, { day: manifest.day });
    day.files++;
    day.bytes += file.bytes;
    const read = named !== undefined &&
      await this.#recount(manifest, named, { file, connection, day });
    if (!read) {
      this.whole = false;
      connection.lines = undefined;
    }
    this.#options.onFile();
  }

  async #recount(
    manifest: Manifest,
    { object, checkHash }: NamedFile,
    { file, connection, day }: { file: ManifestFile; connection: Connection; day: DayReport },
  ): Promise<boolean> {
    const { report } = this.#options;
    const context = { ...manifest, key: file.key };
    const found: FileFindings = { count: 0, firstUs: Infinity, lastUs: 0 };
    try {
      for await (const lines of streamRaw(this.#options.storage, object)) {
        for (const line of lines) {
          if (line.kind === "capture") this.#begin(manifest, file, { info: line.info, connection });
          else this.#count(line, found, { connection, day });
        }
      }
      checkHash();
      compareFindings(manifest, found, { file, report });
      if (connection.lines !== undefined) connection.lines += found.count;
      return true;
    } catch (error) {
      report.add(context, codeOf(error), messageOf(error));
      return false;
    }
  }

  #count(
    line: Exclude<RawLine, { kind: "capture" }>,
    found: FileFindings,
    { connection, day }: { connection: Connection; day: DayReport },
  ): void {
    found.count++;
    found.firstUs = Math.min(found.firstUs, line.atUs);
    found.lastUs = Math.max(found.lastUs, line.atUs);
    if (line.kind !== "event") day.rawFrames++;
    this.#translate(line, connection);
  }

  /** Handles a capture line, which must continue where the connection's last file ended. */
  #begin(
    manifest: Manifest,
    file: ManifestFile,
    { info, connection }: { info: CaptureInfo; connection: Connection },
  ): void {
    const isFirst = connection.translator === undefined && connection.lines === 0;
    if (isFirst && info.linesBefore > 0 && this.#isExpired) {
      connection.isCut = true;
      connection.lines = info.linesBefore;
    }
    if (connection.isCut) this.unknownDays.add(manifest.day);
    if (info.linesBefore !== (connection.lines ?? info.linesBefore)) {
      this.whole = false;
      const message = `${file.key} goes on after line ${info.linesBefore} of connection ` +
        `${connection.name}, the files before it hold ${connection.lines}: raw frames are missing.`;
      this.#options.report.add({ ...manifest, key: file.key }, "RAW_HOLE", message);
    }
    connection.lines = info.linesBefore;
    if (connection.isCut) return;
    const { turns } = connection;
    connection.translator ??= translatorOf(info, { day: dayOfUs(usOfNsText(file.from)), turns });
  }

  #translate(line: Exclude<RawLine, { kind: "capture" }>, { translator }: Connection): void {
    if (translator === undefined) return;
    const { expect } = this.#options;
    for (const event of translator.line(line).events) expect(event);
  }
}
