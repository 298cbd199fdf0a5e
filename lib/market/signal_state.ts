/** The subject on which the service of signals answers, outside the stream. */
export function signalsSubject(env: string): string {
  return `_ssmd.${env}.signals`;
}

/**
 * How a signal is: `running`; `disabled` by a person; `quarantined` as it harmed its host; `failed` as
 * its code cannot be loaded.
 */
export const SIGNAL_STATES = ["running", "disabled", "quarantined", "failed"] as const;
/** One of {@linkcode SIGNAL_STATES}. */
export type SignalRunState = typeof SIGNAL_STATES[number];

/** A signal of an environment, as its service tells it: plain JSON. */
export interface SignalStatus {
  id: string;
  /** "" = its code could not be read. */
  title: string;
  /** Its author's; 0 = not known. */
  version: number;
  state: SignalRunState;
  /** Why it does not run; "" = it does, or a person said so. */
  why: string;
  feeds: readonly string[];
  symbols: readonly string[];
  /** Those in force. */
  params: Readonly<Record<string, string | number | boolean>>;
  source_hash: string;
  /** Fires since the service's start. */
  fires: number;
  /** Instances that threw and are switched off, since the service's start. */
  errors: number;
  /** Milliseconds since 1970 in the time of the records; null = none since the service's start. */
  last_fire: number | null;
}

/** What the service of signals is asked. */
export type SignalsRequest =
  | { action: "list" }
  | { action: "history" }
  | { action: "enable" | "disable"; id: string }
  /** Reads files and environment anew and switches to them. */
  | { action: "deploy" };

/** A switch to other signals, at one place of the stream. */
export interface SignalSwitch {
  /** When, milliseconds since 1970. */
  at: number;
  action: "start" | "deploy" | "enable" | "disable" | "quarantine";
  /** Identity of the stream, µs; its last message that the old signals took. */
  stream: { created_at_us: number; sequence: number };
  /** By feed: receive time of the last record that the old signals took, µs. */
  feeds: Readonly<Record<string, number>>;
  /** What runs from then on. */
  signals: readonly {
    id: string;
    version: number;
    source_hash: string;
    params_hash: string;
  }[];
}

/** The answer to a {@linkcode SignalsRequest}. */
export type SignalsAnswer =
  | {
    ok: true;
    signals: readonly SignalStatus[];
    /** How far the service is behind, seconds. */
    lag_seconds: number;
    /** The switch that was made, or all that are known, the newest last. */
    switches: readonly SignalSwitch[];
  }
  | { ok: false; code: string; message: string; hint: string };
