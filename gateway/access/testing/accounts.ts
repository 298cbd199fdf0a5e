import type { ApiKey, ClientAccount, Entitlement, SessionRecord } from "../account.ts";

/** A client for tests. */
export function testClient(id: string, more: Partial<ClientAccount> = {}): ClientAccount {
  return {
    id,
    description: "",
    owner: "",
    role: "client",
    use: "unspecified",
    enabled: true,
    disconnectedAtMs: 0,
    limits: {
      sessionsMax: null,
      devicesMax: null,
      requestsPerSecondMax: null,
      messagesPerDayMax: null,
    },
    createdAtMs: 1,
    updatedAtMs: 1,
    ...more,
  };
}

/** A key for tests; no secret has its hash. */
export function testKey(id: string, client: string, more: Partial<ApiKey> = {}): ApiKey {
  return {
    id,
    client,
    label: "",
    hash: "00",
    createdAtMs: 1,
    expiresAtMs: null,
    revokedAtMs: null,
    replacedBy: null,
    lastUsedAtMs: null,
    ...more,
  };
}

/** An entitlement to all data of a feed. */
export function testEntitlement(
  client: string,
  feed: string,
  more: Partial<Entitlement> = {},
): Omit<Entitlement, "id"> {
  return { client, feed, symbols: "*", types: "*", createdAtMs: 1, expiresAtMs: null, ...more };
}

/** An open session. */
export function testSession(id: string, more: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id,
    run: "r1",
    client: "desk",
    key: "k1",
    address: "127.0.0.1",
    startedAtMs: 1000,
    endedAtMs: null,
    reason: null,
    ...more,
  };
}
