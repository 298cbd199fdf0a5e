/** Statements of the client store, in SQL that all drivers support. @module */
import { BATCHES, SESSIONS, USAGE } from "./tables.ts";

/** Increments the revision if it is the given one; affects no row otherwise. */
export const NEXT_REVISION = "UPDATE revision SET number = number + 1 WHERE number = $1";

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

/** Records a batch number; affects no row when that or a later one was written. */
export const NEXT_BATCH = `${BATCHES.upsert} WHERE batches.number < excluded.number`;

/** Adds to the stored count. */
export const ADD_USAGE = `${USAGE.insert} ON CONFLICT (day, client, feed, type) DO UPDATE
   SET messages = usage.messages + excluded.messages`;

/** Creates a session, or sets its end. */
export const UPSERT_SESSION = `${SESSIONS.insert}
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
