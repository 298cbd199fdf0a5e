/** Records of operations: port and drivers. @module */
export { type Journal, type JournalEntry, type JsonRecord } from "./journal.ts";
export { fileJournal, type FileJournalOptions } from "./file.ts";
export { memoryJournal } from "./memory.ts";
export { type JournalConfig, openJournal } from "./open.ts";
export type { TornTail } from "./segment_writer.ts";
export { appendAudit, type Who, whoIsThis } from "./audit.ts";
