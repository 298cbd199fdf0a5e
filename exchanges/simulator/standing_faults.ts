import { corruptChecksum, type Fault, type FrameKind } from "./faults.ts";

/** A fault of one market that holds for all connections, those to come among them. */
type StandingFault =
  | Extract<Fault, { type: "refuse" | "mute" }>
  | { type: "checksum"; symbol: string; count?: number };

/** Whether a fault is one of a market. */
export function isStanding(fault: Fault): fault is StandingFault {
  return fault.type === "refuse" || fault.type === "mute" ||
    (fault.type === "checksum" && fault.symbol !== undefined);
}

interface Rule {
  fault: StandingFault;
  /** How often it strikes yet. */
  left: number;
  /** When it ends, ms of `performance.now()`. */
  untilMs: number;
}

/** Faults of markets that hold on. */
export class StandingFaults {
  #rules: Rule[] = [];

  /** Whether none holds: the usual case, asked for each frame. */
  get empty(): boolean {
    return this.#rules.length === 0;
  }

  /** From now on. */
  add(fault: StandingFault): void {
    const left = fault.type === "mute" ? Infinity : fault.count ?? Infinity;
    const forMs = fault.type === "mute" ? fault.forMs ?? Infinity : Infinity;
    this.#rules.push({ fault, left, untilMs: performance.now() + forMs });
  }

  /** Whether a request for a market's data of a kind is to be refused; it counts. */
  refuses(symbol: string, kind: FrameKind): boolean {
    const rule = this.#rules.find(({ fault }) =>
      fault.type === "refuse" && fault.symbol === symbol && isOf(fault, kind)
    );
    if (rule === undefined) return false;
    this.#use(rule);
    return true;
  }

  /** What is sent in place of a frame; undefined = nothing. */
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
