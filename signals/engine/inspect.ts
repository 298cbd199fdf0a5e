/** State of an instance at a moment, for stepping through a backtest. */
export interface InstanceView {
  signal: string;
  feed: string;
  symbol: string;
  /** Whether all its builders are valid and warm. */
  isReady: boolean;
  /** Last value of its condition; null when not evaluated since the start or a gap. */
  condition: boolean | null;
  /** Scalar values of its builders by their name in `state`; null when unknown. */
  state: Record<string, Record<string, number | string | boolean | null>>;
}

/** Instances of a signal that cannot fire yet, by reason. */
export interface Waiting {
  signal: string;
  /** Reason, without names of markets: not everybody may see them. */
  why: string;
  /** Number of instances. */
  markets: number;
}

/** Adds up equal reasons. */
export function joinedWaiting(all: readonly Waiting[]): Waiting[] {
  const joined = new Map<string, Waiting>();
  for (const { signal, why, markets } of all) {
    const key = `${signal}\n${why}`;
    joined.set(key, { signal, why, markets: (joined.get(key)?.markets ?? 0) + markets });
  }
  return [...joined.values()];
}

const VALUES_MAX = 40;

/** Returns the scalar getters and fields of a view, at most 40. */
export function plainValues(view: unknown): Record<string, number | string | boolean | null> {
  const values: Record<string, number | string | boolean | null> = {};
  for (let at = view; isObject(at) && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.keys(Object.getOwnPropertyDescriptors(at))) {
      if (name === "constructor" || name in values) continue;
      if (Object.keys(values).length >= VALUES_MAX) return values;
      const value = valueOf(view, name);
      if (typeof value === "number") values[name] = Number.isFinite(value) ? value : null;
      else if (typeof value === "string" || typeof value === "boolean") values[name] = value;
    }
  }
  return values;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function valueOf(view: unknown, name: string): unknown {
  try {
    return (view as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}
