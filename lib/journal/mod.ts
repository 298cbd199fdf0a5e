/** Records of operations: port and drivers. @module */
export { type Journal, type JournalEntry, type JsonRecord } from "./journal.ts";
export { fileJournal } from "./file.ts";
export { type JournalConfig, openJournal } from "./open.ts";
export { appendAudit, whoIsThis } from "./audit.ts";
