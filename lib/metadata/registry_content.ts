/** Registry files one by one: their texts, shapes and contents, without the checks between them. @module */
export {
  type Calendar,
  CALENDAR_FILE,
  type CalendarVersion,
  calendarVersionOn,
  type WeeklyWindow,
} from "./calendar.ts";
export { isOpen, nextCloseUs, nextOpenUs, openSpans } from "./calendar_hours.ts";
export { contentOf, type FileContent } from "./content.ts";
export { YamlSource } from "./document.ts";
export { type Feed, FEED_FILE, todayUtc, versionOn } from "./feed.ts";
export { findingsError } from "./finding.ts";
export {
  type RegistryFileId,
  registryFileIdOf,
  type RegistryKind,
  registryPathOf,
} from "./registry_file.ts";
export { readRegistryTexts } from "./registry_folder.ts";
export { type RegisteredSchema, SCHEMA_FILE, SCHEMA_STATUSES, schemaVersionOn } from "./schema.ts";
