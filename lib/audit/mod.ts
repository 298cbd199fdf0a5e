/** Who did what: one shape of events, hash-chained; hot in SQLite, cold in storage. @module */
export {
  AUDIT_CATEGORIES,
  AUDIT_EVENT,
  AUDIT_OUTCOMES,
  type AuditCategory,
  type AuditDraft,
  type AuditEvent,
  type AuditFilter,
} from "./event.ts";
export { AuditLog } from "./log.ts";
export { AuditQueue } from "./queue.ts";
export { type AuditSource, rollAudit } from "./cold.ts";
export { allEvents, eventAt, newestEvents } from "./select.ts";
export { AUDIT_VERIFICATION, verifyAudit } from "./verify.ts";
