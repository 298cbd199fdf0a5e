import type { Buffer } from "node:buffer";
import type { CarriedState, SymbolSpec } from "./adapter.ts";
import type { FrameScanner } from "./frame_scanner.ts";

/** Events that the process itself tells: they do not show that the connection lives. */
const OWN_EVENTS: ReadonlySet<string> = new Set([
  ...["tick", "silent", "subscribe", "unsubscribe", "clock", "clock_good", "stop"],
]);
/** A line of a connection, as raw files keep it. Times are µs. */
export type CapturedLine =
  /** A frame that was JSON when it came; `json` is the parsed one, where it is at hand. */
  | { kind: "frame"; atUs: number; text: string; json?: unknown }
  /** A frame that could not be read; `reason` where it is known. */
  | { kind: "binary"; atUs: number; bytes: Uint8Array; reason?: string }
  /** Something that happened to the connection; see {@linkcode ConnectionEvent}. */
  | { kind: "event"; atUs: number } & ConnectionEvent;

/** A frame that a connection's scanner has on its tape, until it is taken. */
export interface ScannedLine {
  kind: "scanned";
  atUs: number;
  frame: Buffer;
  scanner: FrameScanner;
  /** On the tape. */
  offset: number;
}

/** What happened to a connection, as it stands in the raw file's `e` lines. */
export interface ConnectionEvent {
  /**
   * `connect`: the socket is open. `disconnect`: it broke. `stop`: it was closed on purpose.
   * `unreachable`: it could not be opened. `tick`: time went on without a line. `silent`: a channel
   * brings nothing, `why` is the type of record, a space and our symbol. `resumed`: first line after a
   * restart. `unsubscribe`: markets are wanted no more, `why` is our symbols with spaces between.
   * `subscribe`: markets are wanted besides, `why` is their list as JSON; with `fromUs` another shard
   * had them until then.
   * `clock`: the machine's clock became suspect.
   * `clock_good`: it is to be trusted again.
   */
  name: string;
  /** Why, for a person. */
  why: string;
  /** All but `connect`, `disconnect`, `stop`, `tick`: last moment known to be good before, µs. */
  fromUs?: number;
  /** `resumed`, `subscribe`: whether what was before ended on purpose. */
  planned?: boolean;
  /** `resumed`, `subscribe`: what was known of the markets before. */
  carried?: CarriedState;
}

/** Whether a line shows that the connection lived at its time; `tick` and its like do not. */
export function isSignOfLife(
  line: { kind: "frame" | "scanned" | "binary" | "event"; name?: string },
): boolean {
  return line.kind !== "event" || !OWN_EVENTS.has(line.name ?? "");
}

/** The markets of a `subscribe` line. */
export function specsOf(why: string): SymbolSpec[] {
  const specs: unknown = jsonOf(why);
  return Array.isArray(specs) ? specs.filter((each) => typeof each?.external === "string") : [];
}

/** What a frame's text is as JSON, which is never undefined; undefined when it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
