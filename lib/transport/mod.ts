/** The message bus: port and drivers. @module */
export {
  type ConsumeOptions,
  type Consumer,
  type InMessage,
  type LiveSubscription,
  type OutMessage,
  type Publisher,
  type PublishRefusal,
  type ReadOptions,
  type StreamState,
  type Subscription,
  type Transport,
} from "./transport.ts";
export {
  escapeKeyToken,
  type KeyValueChange,
  type KeyValueEntry,
  type KeyValueStore,
  type KeyValueWatch,
  unescapeKeyToken,
} from "./key_value.ts";
export { memoryTransport, type MemoryTransportOptions } from "./memory.ts";
export {
  type NatsCredentials,
  openTransport,
  type OpenTransportOptions,
  type StreamLimits,
  type TransportConfig,
} from "./open.ts";
