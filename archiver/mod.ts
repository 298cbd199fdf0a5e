/** The archiver: records from the bus into files, each exactly once. @module */
export { createArchiver } from "./archiver.ts";
export type { Archiver, ArchiverOptions } from "./archiver_options.ts";
