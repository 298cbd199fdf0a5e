/** Comparison of two record versions. @module */
export { diffArchives, diffVersions, type VersionDiff } from "./diff_versions.ts";
export { diffStreams, type StreamedRecord } from "./diff_streams.ts";
export { differenceLines, differenceText } from "./view.ts";
