import type { DatabaseSync } from "node:sqlite";

/**
 * Runs a change as one transaction: all of it is kept, or nothing. `begin` "BEGIN IMMEDIATE" takes the
 * database's lock at once, "BEGIN" with the first write. Throws what `body` and SQLite throw.
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
    // SQLite itself takes back what failed for want of space.
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}
