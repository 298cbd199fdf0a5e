/** Statements of the client store, in SQL that all drivers support. @module */

/** Increments the revision if it is the given one; affects no row otherwise. */
export const NEXT_REVISION = "UPDATE revision SET number = number + 1 WHERE number = $1";

/** Creates or replaces a client. */
export const UPSERT_CLIENT =
  `INSERT INTO clients (id, description, role, use, enabled, disconnected_at_ms, sessions_max,
     requests_per_second_max, messages_per_day_max, created_at_ms, updated_at_ms, owner, devices_max)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
   ON CONFLICT (id) DO UPDATE SET description = excluded.description, role = excluded.role,
     use = excluded.use, enabled = excluded.enabled,
     disconnected_at_ms = excluded.disconnected_at_ms, sessions_max = excluded.sessions_max,
     requests_per_second_max = excluded.requests_per_second_max,
     messages_per_day_max = excluded.messages_per_day_max,
     updated_at_ms = excluded.updated_at_ms, owner = excluded.owner,
     devices_max = excluded.devices_max`;

/** Creates or replaces a key, but keeps its last use, which is counted separately. */
export const UPSERT_KEY =
  `INSERT INTO api_keys (id, client, label, hash, created_at_ms, expires_at_ms, revoked_at_ms,
     replaced_by, last_used_at_ms)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
   ON CONFLICT (id) DO UPDATE SET client = excluded.client, label = excluded.label,
     hash = excluded.hash, created_at_ms = excluded.created_at_ms,
     expires_at_ms = excluded.expires_at_ms, revoked_at_ms = excluded.revoked_at_ms,
     replaced_by = excluded.replaced_by`;

/** Blocks an address, or replaces its block. */
export const UPSERT_BLOCK =
  `INSERT INTO blocks (address, reason, created_at_ms, until_ms) VALUES ($1, $2, $3, $4)
   ON CONFLICT (address) DO UPDATE SET reason = excluded.reason,
     created_at_ms = excluded.created_at_ms, until_ms = excluded.until_ms`;

/** The table assigns the id. */
export const ADD_ENTITLEMENT =
  `INSERT INTO entitlements (client, feed, symbols, types, created_at_ms, expires_at_ms)
   VALUES ($1, $2, $3, $4, $5, $6)`;

/** Deletes by id. */
export const DELETE = {
  client: "DELETE FROM clients WHERE id = $1",
  key: "DELETE FROM api_keys WHERE id = $1",
  block: "DELETE FROM blocks WHERE address = $1",
  entitlement: "DELETE FROM entitlements WHERE id = $1",
} as const;

/** Current entitlements (removed_at_ms is null) and removed ones. */
export const ALL_ENTITLEMENTS =
  `SELECT id, client, feed, symbols, types, created_at_ms, expires_at_ms, NULL AS removed_at_ms
   FROM entitlements
   UNION ALL SELECT id, client, feed, symbols, types, created_at_ms, expires_at_ms, removed_at_ms
   FROM removed_entitlements ORDER BY id`;

/** Heartbeat of a gateway. */
export const UPSERT_RUN = `INSERT INTO runs (id, seen_at_ms, pid, revision) VALUES ($1, $2, $3, $4)
   ON CONFLICT (id) DO UPDATE SET seen_at_ms = excluded.seen_at_ms, pid = excluded.pid,
     revision = excluded.revision`;

/** Records a batch number; affects no row when that or a later one was written. */
export const NEXT_BATCH = `INSERT INTO batches (run, number, at_ms) VALUES ($1, $2, $3)
   ON CONFLICT (run) DO UPDATE SET number = excluded.number, at_ms = excluded.at_ms
   WHERE batches.number < excluded.number`;

/** Adds to the stored count. */
export const ADD_USAGE =
  `INSERT INTO usage (day, client, feed, type, messages) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT (day, client, feed, type) DO UPDATE
   SET messages = usage.messages + excluded.messages`;

/** Creates a session, or sets its end. */
export const UPSERT_SESSION =
  `INSERT INTO sessions (id, run, client, key, address, started_at_ms, ended_at_ms, reason)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
   ON CONFLICT (id) DO UPDATE SET ended_at_ms = excluded.ended_at_ms, reason = excluded.reason`;

/** Uses arrive out of order: only a later one is written. */
export const USE_KEY = `UPDATE api_keys SET last_used_at_ms = $2
   WHERE id = $1 AND coalesce(last_used_at_ms, 0) < $2`;

/** Locks a client's sessions against concurrent claims until the transaction ends. */
export const LOCK_CLIENT = "UPDATE clients SET id = id WHERE id = $1";

/** Addresses of a client's open sessions at gateways seen since a time. */
export const OPEN_ADDRESSES = `SELECT address FROM sessions JOIN runs ON runs.id = sessions.run
   WHERE sessions.client = $1 AND sessions.ended_at_ms IS NULL AND runs.seen_at_ms >= $2`;

/** Usage counts of one client, or of all, between two days (inclusive). */
export const FIND_USAGE =
  `SELECT * FROM usage WHERE (CAST($1 AS TEXT) IS NULL OR client = $1) AND day BETWEEN $2 AND $3
   ORDER BY day, client, feed, type`;

/** Sessions of one client, or of all; all or open ones; open within a time span. */
export const FIND_SESSIONS = `SELECT * FROM sessions
   WHERE (CAST($1 AS TEXT) IS NULL OR client = $1)
     AND (CAST($2 AS BIGINT) = 0 OR ended_at_ms IS NULL)
     AND started_at_ms < $4 AND coalesce(ended_at_ms, $3) >= $3
   ORDER BY started_at_ms DESC, id DESC LIMIT $5`;

const LAST_SEEN =
  "coalesce((SELECT seen_at_ms FROM runs WHERE runs.id = sessions.run), started_at_ms)";

/** Ends the open sessions of gateways not seen since a time. */
export const END_LOST = `UPDATE sessions SET reason = $1, ended_at_ms = ${LAST_SEEN}
   WHERE ended_at_ms IS NULL AND ${LAST_SEEN} < $2`;
