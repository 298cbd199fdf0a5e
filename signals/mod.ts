/** Signals: the engine, and what services and commands need to run and check them. @module */
export { isSignal, overriddenParams, type Params, type SignalDefinition } from "./author/signal.ts";
export { canonicalJson } from "./engine/canonical_json.ts";
export type { EngineOptions } from "./engine/engine.ts";
export { compareFires, ENGINE_VERSION, sha256Of } from "./engine/fire_id.ts";
export type { Report, Sink } from "./engine/instance.ts";
export { type LoadedSignal, loadedSignal, matches } from "./engine/loaded_signal.ts";
export { StreamEngine, type StreamEngineOptions } from "./engine/stream_engine.ts";
