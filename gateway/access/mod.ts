/** Clients, their keys and entitlements: the store of a gateway, for its administration. @module */
export { groupOf } from "./address_guard.ts";
export { CLIENT_USES } from "./account.ts";
export type {
  Accounts,
  ApiKey,
  Block,
  ClientAccount,
  ClientLimits,
  Entitlement,
  SessionRecord,
  UsageCount,
} from "./account.ts";
export { isHash, withoutSecrets } from "./api_key.ts";
export { ClientAdmin, ClientError, clientIn, isLive, type MadeKey } from "./client_admin.ts";
export type { AccountChange, ClientStore } from "./client_store.ts";
export { confirmations, type Cut, planCut } from "./cut_off.ts";
export { ACCESS_LIMITS } from "./limits.ts";
export { CLIENT_ROLES, type ClientRole, mayActAs, type Role, ROLES, Roles } from "./role.ts";
export { findClientTables, openClientStore } from "./store/open.ts";
export { memoryClientStore, sqliteClientStore } from "./store/sqlite.ts";
