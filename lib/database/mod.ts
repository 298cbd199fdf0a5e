/** Databases that processes share: one port, SQLite or PostgreSQL behind it. @module */
export type { Database, Row, SqlValue, Statements } from "./database.ts";
export type { Migrations } from "./migrations.ts";
export type { PostgresConfig } from "./postgres.ts";
export { IN_MEMORY, sqliteDatabase } from "./sqlite.ts";
