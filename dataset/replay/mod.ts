/** Replay of archived records and raw frames. @module */
export { ReplayPlayer } from "./player.ts";
export { type RawCapture, type RawSpan, writeRawCapture } from "./raw_capture.ts";
export { type ReplaySink } from "./sink.ts";
export { TransportSink } from "./transport_sink.ts";
