/** Venues: the interface that each implements, and the registry of all. @module */
export {
  type AskRest,
  type CarriedState,
  type Catalogue,
  type CatalogueRequest,
  type Credentials,
  type CredentialsSource,
  type Handover,
  type Normalized,
  type Normalizer,
  type NormalizerOptions,
  type NormalizerVersion,
  type SymbolSpec,
  type Venue,
} from "./adapter.ts";
export { claimProblems, externalProblem, PARSERS, venueOfParser, VENUES } from "./registry.ts";
export {
  type CapturedLine,
  type ConnectionEvent,
  type FrameInLine,
  isSignOfLife,
  type ScannedLine,
  specsOf,
} from "./captured_line.ts";
export { Translator } from "./translator.ts";
export { normalizerOn } from "./versions.ts";
export { readFrame, unreadableReason, withoutLineEnd } from "./frame.ts";
export { FrameScanner } from "./frame_scanner.ts";
export { normalizerFor, originOf, translatorOf, venueNamed } from "./captured_connection.ts";
export type { MissingSubscription, OrderedChannel } from "./subscription.ts";
