/** All tables created by the steps. */
export const POSTGRES_TABLES: readonly string[] = [
  ...["revision", "clients", "api_keys", "entitlements", "removed_entitlements"],
  ...["entitlement_history", "blocks", "usage", "runs", "batches", "sessions"],
];

/** Statements that remove everything the steps created, and the record of the steps. */
export const POSTGRES_REMOVAL: readonly string[] = [
  `DROP TABLE IF EXISTS ${POSTGRES_TABLES.join(", ")}`,
  "DROP FUNCTION IF EXISTS keep_removed_entitlement",
  "DELETE FROM steps_taken WHERE name = 'clients'",
];

/** Migration steps from an empty schema to this version. */
export const POSTGRES_STEPS: readonly string[] = [
  `CREATE TABLE revision (number BIGINT NOT NULL);
   INSERT INTO revision VALUES (1);
   CREATE TABLE clients (
     id TEXT PRIMARY KEY,
     description TEXT NOT NULL,
     role TEXT NOT NULL CHECK (role IN ('client', 'metrics', 'admin')),
     use TEXT NOT NULL CHECK (use IN ('unspecified', 'display', 'non-display', 'trading')),
     enabled SMALLINT NOT NULL CHECK (enabled IN (0, 1)),
     disconnected_at_ms BIGINT NOT NULL,
     sessions_max BIGINT,
     requests_per_second_max BIGINT,
     messages_per_day_max BIGINT,
     created_at_ms BIGINT NOT NULL,
     updated_at_ms BIGINT NOT NULL
   );
   CREATE TABLE api_keys (
     id TEXT PRIMARY KEY,
     client TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
     label TEXT NOT NULL,
     hash TEXT NOT NULL,
     created_at_ms BIGINT NOT NULL,
     expires_at_ms BIGINT,
     revoked_at_ms BIGINT,
     replaced_by TEXT,
     last_used_at_ms BIGINT
   );
   CREATE INDEX api_keys_client ON api_keys (client);
   CREATE TABLE entitlements (
     id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     client TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
     feed TEXT NOT NULL,
     symbols TEXT NOT NULL,
     types TEXT NOT NULL,
     created_at_ms BIGINT NOT NULL,
     expires_at_ms BIGINT
   );
   CREATE INDEX entitlements_client ON entitlements (client);
   CREATE TABLE removed_entitlements (
     id BIGINT PRIMARY KEY,
     client TEXT NOT NULL,
     feed TEXT NOT NULL,
     symbols TEXT NOT NULL,
     types TEXT NOT NULL,
     created_at_ms BIGINT NOT NULL,
     expires_at_ms BIGINT,
     removed_at_ms BIGINT NOT NULL
   );
   CREATE FUNCTION keep_removed_entitlement() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     INSERT INTO removed_entitlements VALUES (old.id, old.client, old.feed, old.symbols, old.types,
       old.created_at_ms, old.expires_at_ms, extract(epoch FROM clock_timestamp()) * 1000);
     RETURN old;
   END $$;
   CREATE TRIGGER entitlement_removed AFTER DELETE ON entitlements
     FOR EACH ROW EXECUTE FUNCTION keep_removed_entitlement();
   CREATE TABLE entitlement_history (since_ms BIGINT NOT NULL);
   INSERT INTO entitlement_history VALUES (extract(epoch FROM clock_timestamp()) * 1000);
   CREATE TABLE blocks (
     address TEXT PRIMARY KEY,
     reason TEXT NOT NULL,
     created_at_ms BIGINT NOT NULL,
     until_ms BIGINT
   );
   CREATE TABLE usage (
     day TEXT NOT NULL,
     client TEXT NOT NULL,
     feed TEXT NOT NULL,
     type TEXT NOT NULL,
     messages BIGINT NOT NULL,
     PRIMARY KEY (day, client, feed, type)
   );
   CREATE TABLE runs (
     id TEXT PRIMARY KEY,
     seen_at_ms BIGINT NOT NULL,
     pid BIGINT NOT NULL,
     revision BIGINT NOT NULL
   );
   CREATE TABLE batches (
     run TEXT PRIMARY KEY,
     number BIGINT NOT NULL,
     at_ms BIGINT NOT NULL
   );
   CREATE TABLE sessions (
     id TEXT PRIMARY KEY,
     run TEXT NOT NULL,
     client TEXT NOT NULL,
     key TEXT NOT NULL,
     address TEXT NOT NULL,
     started_at_ms BIGINT NOT NULL,
     ended_at_ms BIGINT,
     reason TEXT
   );
   CREATE INDEX sessions_started ON sessions (started_at_ms);
   CREATE INDEX sessions_client_open ON sessions (client) WHERE ended_at_ms IS NULL;`,
  `ALTER TABLE clients ADD COLUMN owner TEXT NOT NULL DEFAULT '';
   ALTER TABLE clients ADD COLUMN devices_max BIGINT;`,
];
