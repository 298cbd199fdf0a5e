/** The statements of the store of clients, in the part of SQL that all drivers have. @module */

/** Raises the revision that is named; no row where it is another one. */
export const NEXT_REVISION = "UPDATE revision SET number = number + 1 WHERE number = $1";

/** Makes a client, or takes the place of the one of its id. */
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

/** A change keeps the last use of a key, which is counted separately. */
export const UPSERT_KEY =
  `INSERT INTO api_keys (id, client, label, hash, created_at_ms, expires_at_ms, revoked_at_ms,
     replaced_by, last_used_at_ms)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
   ON CONFLICT (id) DO UPDATE SET client = excluded.client, label = excluded.label,
     hash = excluded.hash, created_at_ms = excluded.created_at_ms,
     expires_at_ms = excluded.expires_at_ms, revoked_at_ms = excluded.revoked_at_ms,
     replaced_by = excluded.replaced_by`;

/** Blocks an address, or takes the place of its block. */
export const UPSERT_BLOCK =
  `INSERT INTO blocks (address, reason, created_at_ms, until_ms) VALUES ($1, $2, $3, $4)
   ON CONFLICT (address) DO UPDATE SET reason = excluded.reason,
     created_at_ms = excluded.created_at_ms, until_ms = excluded.until_ms`;

/** The table gives the id. */
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

/** Entitlements that are given (removed_at_ms is null) or were. */
export const ALL_ENTITLEMENTS =
  `SELECT id, client, feed, symbols, types, created_at_ms, expires_at_ms, NULL AS removed_at_ms
   FROM entitlements
   UNION ALL SELECT id, client, feed, symbols, types, created_at_ms, expires_at_ms, removed_at_ms
   FROM removed_entitlements ORDER BY id`;

/** A sign of life of a gateway. */
export const UPSERT_RUN = `INSERT INTO runs (id, seen_at_ms, pid, revision) VALUES ($1, $2, $3, $4)
   ON CONFLICT (id) DO UPDATE SET seen_at_ms = excluded.seen_at_ms, pid = excluded.pid,
     revision = excluded.revision`;

/** Notes the number of a batch; no row where that or a later one was written. */
export const NEXT_BATCH = `INSERT INTO batches (run, number, at_ms) VALUES ($1, $2, $3)
   ON CONFLICT (run) DO UPDATE SET number = excluded.number, at_ms = excluded.at_ms
   WHERE batches.number < excluded.number`;

/** Adds to what is there. */
export const ADD_USAGE =
  `INSERT INTO usage (day, client, feed, type, messages) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT (day, client, feed, type) DO UPDATE
   SET messages = usage.messages + excluded.messages`;

/** Begins a session, or tells how it ended. */
export const UPSERT_SESSION =
  `INSERT INTO sessions (id, run, client, key, address, started_at_ms, ended_at_ms, reason)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
   ON CONFLICT (id) DO UPDATE SET ended_at_ms = excluded.ended_at_ms, reason = excluded.reason`;

/** Uses come in no order. */
export const USE_KEY = `UPDATE api_keys SET last_used_at_ms = $2
   WHERE id = $1 AND coalesce(last_used_at_ms, 0) < $2`;

/** Keeps others from counting the sessions of a client until the transaction ends. */
export const LOCK_CLIENT = "UPDATE clients SET id = id WHERE id = $1";

/** Addresses of the open sessions of a client at gateways that were seen since then. */
export const OPEN_ADDRESSES = `SELECT address FROM sessions JOIN runs ON runs.id = sessions.run
   WHERE sessions.client = $1 AND sessions.ended_at_ms IS NULL AND runs.seen_at_ms >= $2`;

/** Counts of one client, or of all, within days. */
export const FIND_USAGE =
  `SELECT * FROM usage WHERE (CAST($1 AS TEXT) IS NULL OR client = $1) AND day BETWEEN $2 AND $3
   ORDER BY day, client, feed, type`;

/** Sessions of one client, or of all; all or open ones; that were open within a span. */
export const FIND_SESSIONS = `SELECT * FROM sessions
   WHERE (CAST($1 AS TEXT) IS NULL OR client = $1)
     AND (CAST($2 AS BIGINT) = 0 OR ended_at_ms IS NULL)
     AND started_at_ms < $4 AND coalesce(ended_at_ms, $3) >= $3
   ORDER BY started_at_ms DESC, id DESC LIMIT $5`;

const LAST_SEEN =
  "coalesce((SELECT seen_at_ms FROM runs WHERE runs.id = sessions.run), started_at_ms)";

/** Ends the open sessions of gateways that were not seen since then. */
export const END_LOST = `UPDATE sessions SET reason = $1, ended_at_ms = ${LAST_SEEN}
   WHERE ended_at_ms IS NULL AND ${LAST_SEEN} < $2`;
