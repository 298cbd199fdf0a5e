import { ConfigError, suggestion } from "@ssmd/runtime";
import { type Fault, FAULT_TYPES, GARBAGE } from "./faults.ts";
import type { SimulatedVenue } from "./venue.ts";

const KINDS = ["book", "trade", "ticker", "heartbeat"] as const;

function oneOf(value: unknown, allowed: readonly string[], what: string): void {
  if (value === undefined || allowed.includes(value as string)) return;
  throw new ConfigError("FAULT_INVALID", `"${value}" is no ${what}`, {
    hint: suggestion(String(value), allowed),
  });
}

function positive(value: unknown, what: string): void {
  if (typeof value === "number" && value > 0 && Number.isFinite(value)) return;
  throw new ConfigError("FAULT_INVALID", `${what} must be above 0: current value is ${value}`);
}

/** Throws ConfigError `FAULT_INVALID` or `FAULT_UNSUPPORTED` for a fault that the venue cannot have. */
export function checkFault(fault: Fault, venue: SimulatedVenue): void {
  oneOf(fault.type ?? "", FAULT_TYPES, "fault");
  if (fault.type === "refuse" || fault.type === "mute") checkMarket(fault);
  if (fault.type === "skip" || fault.type === "repeat") oneOf(fault.kind, KINDS, "kind of frame");
  if (fault.type === "skip" && fault.count !== undefined) positive(fault.count, "count");
  if (fault.type === "rubbish") oneOf(fault.what, GARBAGE, "form of rubbish");
  if (fault.type === "silent") positive(fault.forMs, "forMs");
  const problem = venue.faultProblem(fault);
  if (problem === undefined) return;
  throw new ConfigError("FAULT_UNSUPPORTED", problem.message, { hint: problem.hint });
}

function checkMarket(fault: Extract<Fault, { symbol: string }>): void {
  if (typeof fault.symbol !== "string" || fault.symbol === "") {
    throw new ConfigError("FAULT_INVALID", `Which market is ${fault.type} of?`, {
      hint: `Write ${fault.type}=at:10s,symbol:NAME with the venue's name of the market`,
    });
  }
  oneOf("kind" in fault ? fault.kind : undefined, KINDS, "kind of frame");
}

/** Parses a fault from JSON text. Throws ConfigError `FAULT_INVALID`. */
export function readFault(text: string): Fault {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError("FAULT_INVALID", "A fault must be a JSON object", {
      cause,
      hint: `{"type":"drop"}`,
    });
  }
  if (typeof value !== "object" || value === null) {
    throw new ConfigError("FAULT_INVALID", "A fault must be a JSON object");
  }
  return value as Fault;
}
