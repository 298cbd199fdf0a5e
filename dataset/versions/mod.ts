/** Versions of a feed's records. @module */
export { madeBy, stateOf, type VersionInfo, versionNamed, versionsIn } from "./versions.ts";
