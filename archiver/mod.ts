/** The archiver: writes records from the bus to files, each exactly once. @module */
export { createArchiver } from "./archiver.ts";
export type { Archiver, ArchiverOptions } from "./archiver_options.ts";
