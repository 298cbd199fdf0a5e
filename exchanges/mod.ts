/** The venues: what one is, and which there are. @module */
export * from "./adapter.ts";
export * from "./registry.ts";
export * from "./translator.ts";
export * from "./versions.ts";
export * from "./frame.ts";
export { FrameScanner } from "./frame_scanner.ts";
export * from "./captured_connection.ts";
export type { MissingSubscription, OrderedChannel } from "./subscription.ts";
