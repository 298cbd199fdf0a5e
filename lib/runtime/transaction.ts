import type { DatabaseSync } from "node:sqlite";

/**
 * Runs `body` in a transaction: commits on success, rolls back on error. `begin` "BEGIN IMMEDIATE"
 * takes the write lock at once, "BEGIN" with the first write. Throws what `body` and SQLite throw.
 */
export function inTransaction<T>(
  db: DatabaseSync,
  body: () => T,
  begin: "BEGIN" | "BEGIN IMMEDIATE" = "BEGIN IMMEDIATE",
): T {
  db.exec(begin);
  try {
    const result = body();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    // SQLite already rolled back if the disk was full.
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}
