/**
 * Permissions of the engine process: load DuckDB's library and its files. They do not bind native
 * code; DuckDB's own settings restrict the SQL.
 */
export const ENGINE_PERMISSIONS: readonly string[] = [
  "--allow-ffi",
  "--allow-read",
  "--allow-env=DUCKDB_*,SSMD_COMMIT",
];
