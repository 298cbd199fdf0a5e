/** Export of archived records to files. @module */
export { exportFile } from "./export_stream.ts";
export { EXPORT_FORMATS, type ExportFormat } from "./formats.ts";
export type { Partition } from "./plan.ts";
