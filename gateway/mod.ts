/** The gateway: live market data over WebSocket and REST, and the live page. @module */
export { type Gateway, type GatewayOptions, type GatewayStats, startGateway } from "./gateway.ts";
export { jsonPrefix, recordJson } from "./stream/record_json.ts";
export { environmentGate, type EnvironmentGateOptions } from "./access/environment_gate.ts";
export { type ConnectionLimits, connectionLimits } from "./connection_limits.ts";
export type { Gate } from "./access/gate.ts";
export type { MarketSpec } from "./state/market_data.ts";
