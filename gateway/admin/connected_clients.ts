import type { MarketData } from "../state/market_data.ts";
import type { Connection } from "../stream/connection.ts";
import type { ConnectionInfo, EndedConnectionInfo } from "../protocol/connection.ts";
import { connectionInfo } from "../stream/connection_info.ts";
import type { Hub } from "../stream/hub.ts";
import type { Mode } from "../protocol/requests.ts";
import type { StreamServer } from "../stream/server.ts";
import type { SlowPolicy } from "../protocol/slow_policy.ts";

/** New delivery options of a client; absent ones are unchanged. */
interface ModeChange {
  mode: Mode;
  interval_ms?: number | undefined;
  policy?: SlowPolicy | undefined;
}

/** Lists, changes and ends stream connections. */
export class ConnectedClients {
  #streams: StreamServer;
  #hub: Hub;
  #data: MarketData;

  constructor(streams: StreamServer, hub: Hub, data: MarketData) {
    this.#streams = streams;
    this.#hub = hub;
    this.#data = data;
  }

  /** Returns all connections, or only those that are slow or have dropped messages. */
  list(slowOnly = false): ConnectionInfo[] {
    const all = [...this.#streams.connections].map(connectionInfo);
    return slowOnly ? all.filter((one) => one.state !== "healthy" || one.dropped > 0) : all;
  }

  /** Returns a connection; undefined when not connected. */
  show(id: number): ConnectionInfo | undefined {
    const connection = this.#streams.connection(id);
    return connection && connectionInfo(connection);
  }

  /** Returns ended connections, the newest first. */
  history(limit: number): EndedConnectionInfo[] {
    return this.#streams.history.slice(-limit).reverse();
  }

  /** Ends a connection after an error message. Returns false when it is not connected. */
  disconnect(id: number): boolean {
    const connection = this.#streams.connection(id);
    connection?.refuse("disconnected", "an administrator ended this connection", "ask them why");
    return connection !== undefined;
  }

  /**
   * Changes the mode of all subscriptions of a client, with a notice. Returns undefined when not
   * connected, `busy` during a replay.
   */
  setMode(id: number, change: ModeChange): ConnectionInfo | "busy" | undefined {
    const connection = this.#streams.connection(id);
    if (connection === undefined) return undefined;
    if (connection.client.isReplaying) return "busy";
    this.#apply(connection, change);
    return connectionInfo(connection);
  }

  #apply(
    connection: Connection,
    { mode, interval_ms: intervalMs = 100, policy }: ModeChange,
  ): void {
    const { client } = connection;
    if (policy !== undefined) client.sendQueue.policy = policy;
    if (mode !== "realtime") client.intervalMs = mode === "latest" ? 0 : intervalMs;
    client.rules.setMode(mode);
    connection.onNotice({
      code: "mode_changed",
      message: "an administrator changed how records come to you",
      mode,
      ...(mode === "conflated" ? { interval_ms: intervalMs } : {}),
      policy: client.sendQueue.policy,
    });
    this.#hub.updateInterests(client, this.#data.markets());
  }
}
