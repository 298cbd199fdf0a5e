/** The archiver: records from the bus into files, each exactly once. @module */
export {
  type Archiver,
  type ArchiverOptions,
  type ArchiverStats,
  createArchiver,
} from "./archiver.ts";
