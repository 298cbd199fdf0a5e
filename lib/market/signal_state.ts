/** Request subject of the signals service, outside the stream. */
export function signalsSubject(env: string): string {
  return `_ssmd.${env}.signals`;
}

/**
 * State of a signal: `running`; `disabled` by a person; `quarantined` because it harmed its host;
 * `failed` because its code cannot be loaded.
 */
export const SIGNAL_STATES = ["running", "disabled", "quarantined", "failed"] as const;
/** One of {@linkcode SIGNAL_STATES}. */
export type SignalRunState = typeof SIGNAL_STATES[number];

/** A signal of an environment as reported by the service: plain JSON. */
export interface SignalStatus {
  id: string;
  /** "" = its code could not be read. */
  title: string;
  /** Author's version; 0 = unknown. */
  version: number;
  state: SignalRunState;
  /** Why it does not run, or what it waits for; "" = it can fire, or a person disabled it. */
  why: string;
  feeds: readonly string[];
  symbols: readonly string[];
  /** Effective parameters. */
  params: Readonly<Record<string, string | number | boolean>>;
  source_hash: string;
  /** Fires since the service started. */
  fires: number;
  /** Instances switched off after an error, since the service started. */
  errors: number;
  /** Time of the last fire, ms since 1970 in event time; null = none since the service started. */
  last_fire: number | null;
}

/** Requests to the signals service. */
export type SignalsRequest =
  | { action: "list" }
  | { action: "history" }
  | { action: "enable" | "disable"; id: string }
  /** Reloads files and environment and switches to them. */
  | { action: "deploy" };

/** A switch to another set of signals, at one position of the stream. */
export interface SignalSwitch {
  /** Time, ms since 1970. */
  at: number;
  action: "start" | "deploy" | "enable" | "disable" | "quarantine";
  /** Stream identity, µs, and the last sequence processed by the old signals. */
  stream: { created_at_us: number; sequence: number };
  /** By feed: receive time of the last record processed by the old signals, µs. */
  feeds: Readonly<Record<string, number>>;
  /** Signals running from then on. */
  signals: readonly {
    id: string;
    version: number;
    source_hash: string;
    params_hash: string;
  }[];
}

/** Successful reply to a {@linkcode SignalsRequest}. */
export interface SignalsDone {
  ok: true;
  signals: readonly SignalStatus[];
  /** Lag of the service, seconds. */
  lag_seconds: number;
  /** The switch just made, or all known ones, newest last. */
  switches: readonly SignalSwitch[];
}
