/** Kind of a frame, for faults that concern one kind. */
export type FrameKind = "book" | "trade" | "ticker" | "heartbeat" | "control";

/** Kinds of garbage: not JSON, a binary frame, JSON of unknown type, truncated JSON, a 50 MB frame. */
export const GARBAGE = ["json", "binary", "unknown", "truncated", "huge"] as const;

/** A kind of garbage. */
type Garbage = typeof GARBAGE[number];

/**
 * A fault on demand. Applies to all connections, or to the next one if there is none; one with a
 * `symbol` (the venue's) also applies to later connections.
 */
export type Fault =
  /** Closes the connection without a close frame. */
  | { type: "drop" }
  /** Drops the next `count` (1) frames of the kind (book): a sequence gap. */
  | { type: "skip"; kind?: FrameKind; count?: number }
  /**
   * Corrupts the checksum of the next Kraken book update; with a symbol, of the next `count` (all)
   * updates of its book. Polymarket: the hashes of a symbol's books.
   */
  | { type: "checksum"; symbol?: string; count?: number }
  /** Refuses the next `count` (all) requests for the market's data of the kind (any). */
  | { type: "refuse"; symbol: string; kind?: FrameKind; count?: number }
  /** Confirms the market's data of the kind (any), but sends none for `forMs` (for good). */
  | { type: "mute"; symbol: string; kind?: FrameKind; forMs?: number }
  /** Loses all subscriptions, after a maintenance on venues that announce one. */
  | { type: "forget" }
  /** Sends the next frame of the kind (book) twice. */
  | { type: "repeat"; kind?: FrameKind }
  | { type: "rubbish"; what?: Garbage }
  /** Sends only pongs for `forMs`; data of that time is lost, except at max speed. */
  | { type: "silent"; forMs: number; heartbeats?: boolean };

/** A fault with its schedule; one of the three times is required. */
export interface ScheduledFault {
  /** Fault to inject. */
  fault: Fault;
  /** Interval of repeated injection. */
  everyMs?: number;
  /** Single injection, after the start. */
  atMs?: number;
  /** Injection after every so many sent frames. */
  everyFrames?: number;
}

/** Types of all faults. */
export const FAULT_TYPES = [
  "drop",
  "skip",
  "checksum",
  "repeat",
  "rubbish",
  "silent",
  "refuse",
  "mute",
  "forget",
] as const;

const HUGE_BYTES = 50 * 1024 * 1024;

/** Garbage in a venue's format. */
export interface GarbageSamples {
  /** JSON of an unknown type. */
  unknown: string;
  /** A truncated frame. */
  truncated: string;
}

/** Frame of a kind of garbage. */
export function garbageFrame(what: Garbage, samples: GarbageSamples): string | Uint8Array {
  switch (what) {
    case "json":
      return "<html><body>502 Bad Gateway</body></html>";
    case "binary":
      return Uint8Array.of(0x00, 0xff, 0x1f, 0x8b, 0x08, 0x00, 0xc3, 0x28);
    case "unknown":
    case "truncated":
      return samples[what];
    case "huge":
      return `{"channel":"rubbish","type":"rubbish","data":"${"x".repeat(HUGE_BYTES)}"}`;
  }
}

/** Frame with a corrupted checksum or book hashes; undefined when it has none. */
export function corruptChecksum(frame: string): string | undefined {
  const match = /"checksum":(\d+)/.exec(frame);
  if (match === null) {
    const wrong = frame.replaceAll(/("hash": ?")([0-9a-f]{40})"/g, (_, name, hash) => {
      return `${name}${[...hash as string].reverse().join("")}"`;
    });
    return wrong === frame ? undefined : wrong;
  }
  const wrong = (Number(match[1]) + 1) % 0x1_0000_0000;
  return frame.replace(match[0], `"checksum":${wrong}`);
}

/** Faults of one connection that await a frame of their kind. */
export class ArmedFaults {
  #armed: { type: "skip" | "checksum" | "repeat"; kind: FrameKind; count: number }[] = [];

  /** Whether none is armed: the fast path of every frame. */
  get empty(): boolean {
    return this.#armed.length === 0;
  }

  /** Arms a fault. */
  arm(fault: Fault & { type: "skip" | "checksum" | "repeat" }): void {
    const kind = fault.type === "checksum" ? "book" : fault.kind ?? "book";
    const count = fault.type === "skip" ? fault.count ?? 1 : 1;
    this.#armed.push({ type: fault.type, kind, count });
  }

  /** Frames to send instead of `frame`: none, itself, twice, or with a corrupted checksum. */
  apply(frame: string, kind: FrameKind): string[] {
    const index = this.#armed.findIndex((fault) => fault.kind === kind);
    const fault = this.#armed[index];
    if (fault === undefined) return [frame];
    if (fault.type === "checksum") {
      const wrong = frame.includes(`"type":"snapshot"`) ? undefined : corruptChecksum(frame);
      if (wrong === undefined) return [frame];
      this.#armed.splice(index, 1);
      return [wrong];
    }
    if (--fault.count <= 0) this.#armed.splice(index, 1);
    return fault.type === "skip" ? [] : [frame, frame];
  }
}
