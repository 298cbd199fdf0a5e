/** Makes a client, or takes the place of the one of its id. */
export const UPSERT_CLIENT =
  `INSERT INTO clients VALUES (:id, :description, :role, :enabled, :sessions_max,
   :requests_per_second_max, :messages_per_day_max, :created_at_ms, :updated_at_ms,
   :disconnected_at_ms, :use)
   ON CONFLICT (id) DO UPDATE SET description = :description, role = :role, enabled = :enabled,
   sessions_max = :sessions_max, requests_per_second_max = :requests_per_second_max,
   messages_per_day_max = :messages_per_day_max, updated_at_ms = :updated_at_ms,
   disconnected_at_ms = :disconnected_at_ms, use = :use`;

/** Deletes by id. */
export const DELETE = {
  client: "DELETE FROM clients WHERE id = ?",
  key: "DELETE FROM api_keys WHERE id = ?",
  block: "DELETE FROM blocks WHERE address = ?",
  entitlement: "DELETE FROM entitlements WHERE id = ?",
} as const;

/** A change keeps the last use of a key, which is counted separately. */
export const UPSERT_KEY =
  `INSERT INTO api_keys VALUES (:id, :client, :label, :hash, :created_at_ms, :expires_at_ms,
   :revoked_at_ms, :replaced_by, :last_used_at_ms) ON CONFLICT (id) DO UPDATE SET
   client = :client, label = :label, hash = :hash, created_at_ms = :created_at_ms,
   expires_at_ms = :expires_at_ms, revoked_at_ms = :revoked_at_ms, replaced_by = :replaced_by`;
