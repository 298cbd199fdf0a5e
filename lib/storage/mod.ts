/** Object storage: port and drivers. @module */
export { type Storage, type StorageLock, type StoredObject } from "./storage.ts";
export { type ObjectVersion, type ObjectVersions } from "./versions.ts";
export { folderStorage } from "./local.ts";
export { memoryStorage } from "./memory.ts";
export { openStorage, type StorageConfig } from "./open.ts";
export { openServiceStorage, WatchedStorage } from "./watched.ts";
export { findObject } from "./find_object.ts";
export { isSame as isSameBytes } from "./same_bytes.ts";
export { storageCell } from "./storage_cell.ts";
