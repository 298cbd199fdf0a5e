/** Migration steps from an empty file to this version. */
export const SQLITE_STEPS: readonly string[] = [
  `CREATE TABLE revision (number INTEGER NOT NULL) STRICT;
   INSERT INTO revision VALUES (1);
   CREATE TABLE clients (
     id TEXT PRIMARY KEY,
     description TEXT NOT NULL,
     role TEXT NOT NULL CHECK (role IN ('client', 'metrics', 'admin')),
     enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
     sessions_max INTEGER,
     requests_per_second_max INTEGER,
     messages_per_day_max INTEGER,
     created_at_ms INTEGER NOT NULL,
     updated_at_ms INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE api_keys (
     id TEXT PRIMARY KEY,
     client TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
     label TEXT NOT NULL,
     hash TEXT NOT NULL,
     created_at_ms INTEGER NOT NULL,
     expires_at_ms INTEGER,
     revoked_at_ms INTEGER,
     replaced_by TEXT,
     last_used_at_ms INTEGER
   ) STRICT;
   CREATE INDEX api_keys_client ON api_keys (client);
   CREATE TABLE entitlements (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     client TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
     feed TEXT NOT NULL,
     symbols TEXT NOT NULL,
     types TEXT NOT NULL,
     created_at_ms INTEGER NOT NULL,
     expires_at_ms INTEGER
   ) STRICT;
   CREATE INDEX entitlements_client ON entitlements (client);
   CREATE TABLE usage (
     day TEXT NOT NULL,
     client TEXT NOT NULL,
     feed TEXT NOT NULL,
     type TEXT NOT NULL,
     messages INTEGER NOT NULL,
     PRIMARY KEY (day, client, feed, type)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE runs (
     id TEXT PRIMARY KEY,
     seen_at_ms INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE sessions (
     id TEXT PRIMARY KEY,
     run TEXT NOT NULL,
     client TEXT NOT NULL,
     key TEXT NOT NULL,
     address TEXT NOT NULL,
     started_at_ms INTEGER NOT NULL,
     ended_at_ms INTEGER,
     reason TEXT
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX sessions_started ON sessions (started_at_ms);
   CREATE INDEX sessions_open ON sessions (run) WHERE ended_at_ms IS NULL;`,
  `ALTER TABLE clients ADD COLUMN disconnected_at_ms INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE runs ADD COLUMN pid INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE runs ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;`,
  `ALTER TABLE clients ADD COLUMN use TEXT NOT NULL DEFAULT 'unspecified'
     CHECK (use IN ('unspecified', 'display', 'non-display', 'trading'));
   CREATE TABLE removed_entitlements (
     id INTEGER PRIMARY KEY,
     client TEXT NOT NULL,
     feed TEXT NOT NULL,
     symbols TEXT NOT NULL,
     types TEXT NOT NULL,
     created_at_ms INTEGER NOT NULL,
     expires_at_ms INTEGER,
     removed_at_ms INTEGER NOT NULL
   ) STRICT;
   CREATE TRIGGER entitlement_removed AFTER DELETE ON entitlements BEGIN
     INSERT INTO removed_entitlements VALUES (old.id, old.client, old.feed, old.symbols, old.types,
       old.created_at_ms, old.expires_at_ms, CAST(unixepoch('subsec') * 1000 AS INTEGER));
   END;
   CREATE TABLE entitlement_history (since_ms INTEGER NOT NULL) STRICT;
   INSERT INTO entitlement_history VALUES (CAST(unixepoch('subsec') * 1000 AS INTEGER));`,
  `CREATE TABLE blocks (
     address TEXT PRIMARY KEY,
     reason TEXT NOT NULL,
     created_at_ms INTEGER NOT NULL,
     until_ms INTEGER
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE batches (
     run TEXT PRIMARY KEY,
     number INTEGER NOT NULL,
     at_ms INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX sessions_client_open ON sessions (client) WHERE ended_at_ms IS NULL;`,
  `ALTER TABLE clients ADD COLUMN owner TEXT NOT NULL DEFAULT '';
   ALTER TABLE clients ADD COLUMN devices_max INTEGER;`,
];
