/** What kind of frame it is, for faults that inject one kind. */
export type FrameKind = "book" | "trade" | "ticker" | "heartbeat" | "control";

/** Forms of rubbish: no JSON, a binary frame, JSON of no known type, cut JSON, a 50 MB frame. */
export const GARBAGE = ["json", "binary", "unknown", "truncated", "huge"] as const;

/** A form of rubbish. */
type Garbage = typeof GARBAGE[number];

/**
 * A fault on demand. It strikes all connections, or the next one where there is none; one with a
 * `symbol` (the venue's name of a market) holds for the connections to come as well.
 */
export type Fault =
  /** The connection is cut without a close frame. */
  | { type: "drop" }
  /** The next `count` (1) frames of the kind (book) are lost: a hole. */
  | { type: "skip"; kind?: FrameKind; count?: number }
  /**
   * The checksum of the next Kraken book update is wrong; with a symbol, of the next `count` updates
   * of its book (all). Of Polymarket, the hashes of a symbol's books.
   */
  | { type: "checksum"; symbol?: string; count?: number }
  /** The next `count` (all) requests for the market's data of the kind (any) are refused. */
  | { type: "refuse"; symbol: string; kind?: FrameKind; count?: number }
  /** The market's data of the kind (any) is confirmed and not sent, for `forMs` (for good). */
  | { type: "mute"; symbol: string; kind?: FrameKind; forMs?: number }
  /** The venue forgets all subscriptions, after a maintenance where it tells of one. */
  | { type: "forget" }
  /** The next frame of the kind (book) is sent twice. */
  | { type: "repeat"; kind?: FrameKind }
  | { type: "rubbish"; what?: Garbage }
  /** Nothing but answers to pings for `forMs`; data of that time is lost unless speed is max. */
  | { type: "silent"; forMs: number; heartbeats?: boolean };

/** A fault with the times at which it strikes; one of the three must be given. */
export interface ScheduledFault {
  /** What strikes. */
  fault: Fault;
  /** Again and again. */
  everyMs?: number;
  /** Once, after the start. */
  atMs?: number;
  /** Each time so many frames were sent. */
  everyFrames?: number;
}

/** Names of all faults. */
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

/** Garbage in a venue's own manner. */
export interface GarbageSamples {
  /** JSON of a type that is not known. */
  unknown: string;
  /** A frame that is cut. */
  truncated: string;
}

/** The frame of a form of rubbish. */
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

/** The frame with a wrong checksum, or with wrong hashes of books; undefined when it has none. */
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

/** Faults that wait for a frame of their kind on one connection. */
export class ArmedFaults {
  #armed: { type: "skip" | "checksum" | "repeat"; kind: FrameKind; count: number }[] = [];

  /** Whether none is armed: the usual case, asked for each frame. */
  get empty(): boolean {
    return this.#armed.length === 0;
  }

  /** Arms a fault. */
  arm(fault: Fault & { type: "skip" | "checksum" | "repeat" }): void {
    const kind = fault.type === "checksum" ? "book" : fault.kind ?? "book";
    const count = fault.type === "skip" ? fault.count ?? 1 : 1;
    this.#armed.push({ type: fault.type, kind, count });
  }

  /** What is sent instead of `frame`: nothing, itself, twice, or with a wrong checksum. */
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
