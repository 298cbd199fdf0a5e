/** Audit log: uniform events in a hash chain; hot in a database, cold in storage. @module */
export {
  AUDIT_CATEGORIES,
  AUDIT_EVENT,
  AUDIT_OUTCOMES,
  type AuditCategory,
  type AuditDraft,
  type AuditEvent,
  type AuditFilter,
  endsBeforeStart,
} from "./event.ts";
export type { AuditLog } from "./log.ts";
export { openAuditLog } from "./open.ts";
export { AuditQueue } from "./queue.ts";
export { type AuditWriter, openAuditWriter } from "./writer.ts";
export { type AuditSource, rollAudit } from "./cold.ts";
export { allEvents, eventAt, newestEvents } from "./select.ts";
export { AUDIT_VERIFICATION, verifyAudit } from "./verify.ts";
