/** Clients, their keys and what they may see: the store of a gateway, for who administers it. @module */
export * from "./account.ts";
export { CLIENT_ROLES, type ClientRole } from "./access.ts";
export { isHash } from "./api_key.ts";
export * from "./client_admin.ts";
export type { AccountChange, ClientStore, SessionQuery, UsageQuery } from "./client_store.ts";
export { ACCESS_LIMITS } from "./limits.ts";
export { sqliteClientStore } from "./store/sqlite.ts";
export { memoryClientStore } from "./store/memory.ts";
