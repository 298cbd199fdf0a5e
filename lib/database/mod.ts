/** Databases shared by processes: one port, with SQLite or PostgreSQL. @module */
export type { Database, Row, SqlValue, Statements } from "./database.ts";
export type { Migrations } from "./migrations.ts";
export type { PostgresConfig } from "./postgres.ts";
export { IN_MEMORY, sqliteDatabase } from "./sqlite.ts";
