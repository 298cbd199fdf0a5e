import type { JsonRecord } from "@ssmd/journal";
import { Metrics, nowUs, silentLogger } from "@ssmd/runtime";
import { EVENT_TYPES, type EventType } from "@ssmd/market";
import { memoryTransport, type Transport } from "@ssmd/transport";
import type { Rbac } from "@ssmd/metadata";
import { startGateway } from "../../gateway.ts";
import type { Gateway, GatewayOptions } from "../../gateway_options.ts";
import { type Draft, FakeConnector } from "../../testing/fake_connector.ts";
import type { ClientAccount, Entitlement } from "../account.ts";
import { ClientAdmin } from "../client_admin.ts";
import type { ClientStore } from "../client_store.ts";
import { openApiKeyAuthenticator } from "../api_key_authenticator.ts";
import type { ApiKeyAuthenticatorOptions } from "../api_key_options.ts";
import { Roles } from "../role.ts";
import { memoryClientStore } from "../store/sqlite.ts";

/** Canary in every number outside all entitlements: seeing it means a leak. */
export const CANARY_PRICE = 987654.25;
/** Canary in every text outside all entitlements. */
export const CANARY = "canary";
/** A feed outside all entitlements. */
export const HIDDEN_FEED = "secretfeed";
/** Existing but hidden market: answers must equal those for an unknown one. */
export const HIDDEN_SYMBOL = "QZXHIDDEN";
/** Unknown market. */
export const ABSENT_SYMBOL = "QZXABSENT";
/** Unknown feed. */
export const ABSENT_FEED = "absentfeed";

/** Entitlements of the client `desk`. */
export const ENTITLED: Partial<Entitlement> = { feed: "kraken", symbols: "BTC*", types: ["trade"] };

/** A gateway with API keys and markets that are hidden from the client `desk`. */
export interface GuardedGateway {
  gateway: Gateway;
  store: ClientStore;
  admin: ClientAdmin;
  /** Refusals in the journal. */
  journal: JsonRecord[];
  /** The text of a new key. */
  key(client: string, more?: Partial<ClientAccount>, given?: Partial<Entitlement>): Promise<string>;
  /** Publishes a record of every type for every market; those outside all entitlements contain canaries. */
  publish(): void;
  /** Makes the authenticator poll for changes now; it polls four times a second by itself. */
  refresh(): Promise<void>;
  kraken: FakeConnector;
  secret: FakeConnector;
  transport: Transport;
}

/** Options of {@linkcode withGuardedGateway}, beside those of the gateway. */
interface GuardedOptions extends Partial<GatewayOptions> {
  rbac?: Rbac;
  access?: Partial<ApiKeyAuthenticatorOptions>;
}

/** Runs a test with a guarded gateway. */
export async function withGuardedGateway(
  test: (rig: GuardedGateway) => Promise<void>,
  { rbac, access, ...more }: GuardedOptions = {},
): Promise<void> {
  const transport = memoryTransport();
  const kraken = new FakeConnector("test", "kraken", transport);
  const secret = new FakeConnector("test", HIDDEN_FEED, transport);
  for (const connector of [kraken, secret]) await connector.answer();
  const store = access?.store ?? memoryClientStore();
  const admin = new ClientAdmin(store);
  const journal: JsonRecord[] = [];
  const refreshes: (() => void)[] = [];
  const authenticator = await openApiKeyAuthenticator({
    ...{ store, logger: silentLogger, requestsPerSecondMax: 1_000_000 },
    roles: new Roles(rbac),
    audit: (record) => Promise.resolve(journal.push(record)),
    every: (_ms, body) => {
      refreshes.push(body);
      return () => {};
    },
    ...access,
  });
  const gateway = await startGateway({
    ...{
      env: "test",
      transport,
      authenticator,
      logger: silentLogger,
      version: "0.0.0",
    },
    ...{ host: "127.0.0.1", port: 0, metrics: new Metrics("gateway") },
    feeds: ["kraken", HIDDEN_FEED],
    markets: [
      { symbol: "BTCUSD", feed: "kraken", external: "BTC/USD" },
      { symbol: HIDDEN_SYMBOL, feed: "kraken", external: CANARY },
      { symbol: `${HIDDEN_SYMBOL}2`, feed: HIDDEN_FEED, external: CANARY },
    ],
    info: {},
    ...more,
  });
  const refresh = async () => {
    refreshes[0]?.();
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve));
  };
  const key = async (
    id: string,
    more: Partial<ClientAccount> = {},
    given?: Partial<Entitlement>,
  ) => {
    const limits = {
      sessionsMax: null,
      devicesMax: null,
      requestsPerSecondMax: null,
      messagesPerDayMax: null,
    };
    await admin.create(id, { description: "", role: "client", limits, ...more });
    if (given !== undefined) {
      await admin.entitle(id, { symbols: "*", types: "*", feed: "*", expiresAtMs: null, ...given });
    }
    const { text } = await admin.addKey(id, { expiresAtMs: null });
    await refresh();
    return text;
  };
  const publish = () => publishAll(kraken, secret);
  try {
    await test({
      ...{ gateway, store, admin, journal, key, publish, refresh, kraken, secret, transport },
    });
  } finally {
    for (const connector of [kraken, secret]) connector.close();
    await gateway.close();
    await authenticator.close();
    await transport.close();
  }
}

function publishAll(kraken: FakeConnector, secret: FakeConnector): void {
  for (const type of EVENT_TYPES) {
    const isSeen = type === "trade" || type === "gap";
    kraken.publish(draftOf(type, "BTCUSD", !isSeen));
    kraken.publish(draftOf(type, HIDDEN_SYMBOL, true));
    secret.publish(draftOf(type, `${HIDDEN_SYMBOL}2`, true));
    secret.publish(draftOf("gap", "_all", true));
  }
}

function draftOf(type: EventType, symbol: string, hidden: boolean): Draft {
  const price = hidden ? CANARY_PRICE : 100;
  const text = hidden ? CANARY : "t";
  const level = [{ price, size: price }];
  switch (type) {
    case "trade":
      return { type, symbol, price, size: price, side: "buy", tradeId: text };
    case "ticker":
      return {
        ...{ type, symbol, bidPrice: price, bidSize: price, askPrice: price, askSize: price },
        ...{ lastPrice: price, lastSize: price, volume24h: price, openInterest: price },
      };
    case "orderbook": {
      const book = { depth: 0, checksum: "unverified" } as const;
      return { type, symbol, kind: "snapshot", bids: level, asks: level, ...book };
    }
    case "status":
      return { type, symbol, state: "settled", result: text, detail: text };
    case "gap": {
      const toUs = nowUs();
      const span = {
        fromUs: toUs - 1000,
        toUs,
        missed: 1,
        recovered: true,
        channel: "all",
      } as const;
      return { type, symbol, reason: "sequence", detail: text, ...span };
    }
    case "fire":
      return {
        ...{ type, symbol, id: "0".repeat(32), signal: text, version: 1, sourceHash: "" },
        ...{ paramsHash: "", causeSequence: 1, causeReceivedAtUs: nowUs(), engine: "1" },
        values: JSON.stringify({ price }),
      };
    case "action":
      return {
        ...{ type, symbol, id: text, fireId: text, firedAtUs: nowUs(), signal: text, policy: text },
        ...{ action: text, kind: "log", detail: "{}", state: "done", chosenBy: "model" },
        ...{ model: text, reason: text, problem: "", decidedBy: "" },
        values: JSON.stringify({ price }),
      };
  }
}
