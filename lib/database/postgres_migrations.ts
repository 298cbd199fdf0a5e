import type { Statements } from "./database.ts";
import type { Migrations } from "./migrations.ts";

/** Options of {@linkcode migratePostgres}. */
interface PostgresMigration {
  where: string;
  schema: string;
  migrations: Migrations;
}

/** Runs the remaining steps; concurrent migrations wait. */
export async function migratePostgres(
  { all, run }: Statements,
  { where, schema, migrations: { name, postgres: steps, newer } }: PostgresMigration,
): Promise<void> {
  await all("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", schema);
  // An existing schema needs no right to create schemas.
  const there = await all("SELECT 1 FROM pg_namespace WHERE nspname = $1", schema);
  if (there.length === 0) await run(`CREATE SCHEMA ${quoted(schema)}`);
  await run(
    "CREATE TABLE IF NOT EXISTS steps_taken (name TEXT PRIMARY KEY, steps INTEGER NOT NULL)",
  );
  const [row] = await all("SELECT steps FROM steps_taken WHERE name = $1", name);
  const taken = Number(row?.["steps"] ?? 0);
  if (taken > steps.length) throw newer(where, taken, steps.length);
  if (taken === steps.length) return;
  for (const step of steps.slice(taken)) await run(step);
  await run(
    `INSERT INTO steps_taken VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET steps = excluded.steps`,
    ...[name, steps.length],
  );
}

/** Quotes an identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
