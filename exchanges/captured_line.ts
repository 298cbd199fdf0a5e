import type { Buffer } from "node:buffer";
import type { CarriedState, SymbolSpec } from "./adapter.ts";
import type { FrameScanner } from "./frame_scanner.ts";

/** Events of the process itself: no sign of life of the connection. */
const OWN_EVENTS: ReadonlySet<string> = new Set([
  ...["tick", "silent", "subscribe", "unsubscribe", "clock", "clock_good", "stop"],
]);
/** A line of a connection, as in raw files. Times are µs. */
export type CapturedLine =
  /** A JSON frame; `json` is the parsed one, if available. */
  | { kind: "frame"; atUs: number; text: string; json?: unknown }
  /** An unreadable frame; `reason` if known. */
  | { kind: "binary"; atUs: number; bytes: Uint8Array; reason?: string }
  /** An event of the connection; see {@linkcode ConnectionEvent}. */
  | { kind: "event"; atUs: number } & ConnectionEvent;

/** A frame on the tape of the connection's scanner, until it is taken. */
export interface ScannedLine {
  kind: "scanned";
  atUs: number;
  frame: Buffer;
  scanner: FrameScanner;
  /** Offset on the tape. */
  offset: number;
}

/** A JSON frame in a line of a raw file or of the spool, where `}` and a line feed follow it. */
export interface FrameInLine {
  kind: "line";
  atUs: number;
  lines: Buffer<ArrayBuffer>;
  /** Offset of its first byte. */
  start: number;
  /** Offset after its last byte. */
  end: number;
}

/** An event of a connection, as in the `e` lines of raw files. */
export interface ConnectionEvent {
  /**
   * `connect`: the socket is open. `disconnect`: it broke. `stop`: it was closed on purpose.
   * `unreachable`: it could not be opened. `tick`: time passed without a line. `silent`: a channel
   * brings nothing; `why` = record type, space, our symbol. `resumed`: first line after a restart.
   * `unsubscribe`: markets are removed; `why` = our symbols, separated by spaces. `subscribe`:
   * markets are added; `why` = their list as JSON; with `fromUs` another shard had them until then.
   * `clock`: the machine's clock became suspect. `clock_good`: it is reliable again.
   */
  name: string;
  /** Reason, for a person. */
  why: string;
  /** All but `connect`, `disconnect`, `stop`, `tick`: last known good time before, µs. */
  fromUs?: number;
  /** `resumed`, `subscribe`: whether the earlier capture ended on purpose. */
  planned?: boolean;
  /** `resumed`, `subscribe`: carried state of the markets. */
  carried?: CarriedState;
}

/** Whether a line shows that the connection was alive at its time; `tick` and the like do not. */
export function isSignOfLife(
  line: { kind: "frame" | "scanned" | "line" | "binary" | "event"; name?: string },
): boolean {
  return line.kind !== "event" || !OWN_EVENTS.has(line.name ?? "");
}

/** Markets of a `subscribe` line. */
export function specsOf(why: string): SymbolSpec[] {
  const specs: unknown = jsonOf(why);
  return Array.isArray(specs) ? specs.filter((each) => typeof each?.external === "string") : [];
}

/** Parses JSON, which is never undefined; undefined when invalid. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
