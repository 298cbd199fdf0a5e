/** The gateway: live market data over WebSocket and REST, and the live page. @module */
export { type Gateway, type GatewayOptions, type GatewayStats, startGateway } from "./gateway.ts";
export {
  environmentAuthenticator,
  type EnvironmentAuthenticatorOptions,
} from "./access/environment_authenticator.ts";
export { type ConnectionLimits, connectionLimits } from "./connection_limits.ts";
export type { Authenticator } from "./access/authenticator.ts";
export type { MarketSpec } from "./state/market_data.ts";
export { environmentFeedback } from "./feedback/environment_tracker.ts";
