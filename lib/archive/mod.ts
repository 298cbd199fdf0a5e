/** The archive's files: where they lie, how raw and normalized ones are written and read, manifests. @module */
export * from "./paths.ts";
export * from "./position.ts";
export * from "./raw_line.ts";
export * from "./raw_writer.ts";
export * from "./raw_reader.ts";
export * from "./zstd_frames.ts";
export * from "./manifest.ts";
export * from "./manifest_file.ts";
export * from "./lineage.ts";
export * from "./normalized_writer.ts";
export * from "./normalized_reader.ts";
export * from "./record_sorter.ts";
export * from "./sealed_index.ts";
export * from "./sealed_writer.ts";
export * from "./sealed_put.ts";
export * from "./sealed_reader.ts";
