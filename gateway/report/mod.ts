/** Monthly package for an exchange's auditor. @module */
export { exchangeAudit } from "./exchange_audit.ts";
export { type Month, parseMonth } from "./month.ts";
export { entitledOn, type Row } from "./month_tables.ts";
export { MANIFEST } from "./report_package.ts";
