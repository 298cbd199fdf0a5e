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
  type StreamHole,
  type StreamPosition,
  type StreamState,
  type Subscription,
  type Transport,
} from "./transport.ts";
export { type KeyValueChange, type KeyValueStore, type KeyValueWatch } from "./key_value.ts";
export { memoryTransport } from "./memory.ts";
export { findBusStreams } from "./nats_teardown.ts";
export { openServiceTransport, openTransport } from "./open.ts";
