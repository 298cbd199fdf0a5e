/** The gateway: live market data over WebSocket and REST, and the live page. @module */
export { startGateway } from "./gateway.ts";
export type { Gateway, GatewayStats } from "./gateway_options.ts";
export { environmentAuthenticator } from "./access/environment_authenticator.ts";
export { connectionLimits } from "./connection_limits.ts";
export { environmentFeedback } from "./feedback/environment_tracker.ts";
