/** Export of archived records to files. @module */
export {
  type ExportedFile,
  type ExportOptions,
  exportPartitions,
  plannedFiles,
} from "./export_partitions.ts";
export { exportFile, oneStream } from "./export_stream.ts";
export { EXPORT_FORMATS, type ExportFormat } from "./formats.ts";
export { type ExportType, type Partition, planExport } from "./plan.ts";
