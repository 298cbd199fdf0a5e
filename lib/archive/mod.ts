/** The archive's files: keys, reading and writing of raw and normalized files, manifests. @module */
export {
  activeVersionsKey,
  type ArchiveKind,
  dayOfUs,
  feedPrefix,
  isKeyName,
  type ManifestId,
  manifestKey,
  NORMALIZED_VERSION,
  normalizedKey,
  normalizedTypePrefix,
  parseManifestKey,
  parseNormalizedKey,
  parseRawKey,
  parseSealedKey,
  type RawFileId,
  rawKey,
  sealedKey,
  usOfDay,
} from "./paths.ts";
export {
  compareFrameOffsets,
  comparePositions,
  formatFrameOffset,
  lastOffsetOf,
  parseFrameOffset,
  parsePosition,
  type Position,
  type Positions,
} from "./position.ts";
export {
  binaryLine,
  type CaptureClock,
  type CaptureInfo,
  captureLine,
  eventLine,
  nsText,
  parseLineBytes,
  parseRawLine,
  type RawLine,
  type RunBefore,
  usOfNsText,
} from "./raw_line.ts";
export { concat, sha256Of } from "./bytes.ts";

export { RawFile, RawFileBuilder } from "./raw_writer.ts";
export { rawLinesOf, readLineBytes, readRaw, streamRaw, textLinesOf } from "./raw_reader.ts";
export {
  compressFrame,
  corruptionError,
  decompressFrame,
  framesOf,
  skippableFrame,
} from "./zstd_frames.ts";
export { type NamedObject } from "./frame_stream.ts";
export {
  type BusPosition,
  emptyManifest,
  isDayOver,
  isSealedDay,
  type Manifest,
  type ManifestFile,
  type ManifestGap,
  manifestGap,
  type ManifestStatus,
  manifestTimes,
  progressOf,
  withProgress,
} from "./manifest.ts";
export { changedManifest, expiredManifest, type ManifestChange } from "./manifest_change.ts";
export { isMissing, qualityOf } from "./manifest_quality.ts";
export {
  changeManifest,
  formatManifest,
  loadManifest,
  openManifest,
  parseManifest,
  saveManifest,
} from "./manifest_file.ts";
export { type Lineage, type LineageSource, type RunSpan } from "./lineage.ts";
export {
  NormalizedFile,
  NormalizedFileBuilder,
  type NormalizedRecord,
} from "./normalized_writer.ts";
export { normalizedOf } from "./normalized_reader.ts";
export { RecordDigest } from "./record_digest.ts";
export { RecordSorter } from "./record_sorter.ts";
export { SpilledDay, type SpilledRecords } from "./spilled_records.ts";
export { sealedFileOf, type SealedSource } from "./sealed_writer.ts";
export { putSealed } from "./sealed_put.ts";
export { openSealed, readSealed, readSealedPart, type SealedDay } from "./sealed_reader.ts";
export { type ArchivedFile, openArchived } from "./archived_file.ts";
export { formatHashedJson, loadHashedJson } from "./hashed_json.ts";
export {
  activeVersionOn,
  type ActiveVersions,
  loadActiveVersions,
  saveActiveVersions,
} from "./active_versions.ts";
export {
  type ArchiveCorruption,
  type ArchiveQuery,
  type ArchiveReadOptions,
  TIME_US_MAX,
} from "./reading/archive_query.ts";
export { type DayPart, dayParts } from "./reading/day_parts.ts";
export { archivedEnvs, archivedFeeds, archiveNotFound } from "./archived_names.ts";
export { archivedDays, assertKnown, daysBetween, manifestDays } from "./reading/archived_days.ts";
export { dayRemoved, readArchive } from "./reading/archive_reader.ts";
export { compareRecords } from "./reading/record_order.ts";
export { isSideObject } from "./side_objects.ts";
export { type ClockQuery } from "./reading/clock_filter.ts";
export { DAY_CONDITIONS } from "./inventory/day_condition.ts";
export { type ClockShare, type DaySummary } from "./inventory/day_summary.ts";
export { type GapSpan, gapSpans } from "./inventory/gap_spans.ts";
export { gapsOfDays } from "./inventory/reaching_gaps.ts";
export { inventory, type InventoryQuery } from "./inventory/inventory.ts";
export { leftOutDays } from "./inventory/left_out_days.ts";
export { isUnmade, unmadeDays } from "./inventory/unmade_days.ts";
