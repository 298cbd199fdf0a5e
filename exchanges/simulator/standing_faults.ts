import { corruptChecksum, type Fault, type FrameKind } from "./faults.ts";

/** A fault of one market that applies to all connections, current and later. */
type StandingFault =
  | Extract<Fault, { type: "refuse" | "mute" }>
  | { type: "checksum"; symbol: string; count?: number };

/** Whether a fault concerns one market. */
export function isStanding(fault: Fault): fault is StandingFault {
  return fault.type === "refuse" || fault.type === "mute" ||
    (fault.type === "checksum" && fault.symbol !== undefined);
}

interface Rule {
  fault: StandingFault;
  /** Remaining uses. */
  left: number;
  /** End, ms of `performance.now()`. */
  untilMs: number;
}

/** Active faults of markets. */
export class StandingFaults {
  #rules: Rule[] = [];

  /** Whether none is active: the fast path of every frame. */
  get empty(): boolean {
    return this.#rules.length === 0;
  }

  /** Activates a fault. */
  add(fault: StandingFault): void {
    const left = fault.type === "mute" ? Infinity : fault.count ?? Infinity;
    const forMs = fault.type === "mute" ? fault.forMs ?? Infinity : Infinity;
    this.#rules.push({ fault, left, untilMs: performance.now() + forMs });
  }

  /** Whether to refuse a request for a market's data of a kind; counts as a use. */
  refuses(symbol: string, kind: FrameKind): boolean {
    const rule = this.#rules.find(({ fault }) =>
      fault.type === "refuse" && fault.symbol === symbol && isOf(fault, kind)
    );
    if (rule === undefined) return false;
    this.#use(rule);
    return true;
  }

  /** Frame to send instead; undefined = none. */
  apply(frame: string, kind: FrameKind): string | undefined {
    const nowMs = performance.now();
    this.#rules = this.#rules.filter(({ untilMs }) => untilMs > nowMs);
    for (const rule of this.#rules) {
      const { fault } = rule;
      if (fault.type === "refuse" || !frame.includes(`"${fault.symbol}"`)) continue;
      if (fault.type === "mute" && kind !== "control" && isOf(fault, kind)) return undefined;
      if (fault.type !== "checksum" || kind !== "book" || isSnapshot(frame)) continue;
      this.#use(rule);
      return corruptChecksum(frame) ?? frame;
    }
    return frame;
  }

  #use(rule: Rule): void {
    if (--rule.left === 0) this.#rules = this.#rules.filter((each) => each !== rule);
  }
}

function isOf({ kind }: { kind?: FrameKind }, wanted: FrameKind): boolean {
  return kind === undefined || kind === wanted;
}

function isSnapshot(frame: string): boolean {
  return frame.includes(`"type":"snapshot"`);
}
