/** What an instance knows at a moment, for a person who walks through a backtest. */
export interface InstanceView {
  signal: string;
  feed: string;
  symbol: string;
  /** Whether all its builders are valid and warm. */
  isReady: boolean;
  /** What its condition was when it was asked last; null = not asked since it began or a gap. */
  condition: boolean | null;
  /** Plain values of its builders by their name in `state`; null = not known. */
  state: Record<string, Record<string, number | string | boolean | null>>;
}

const VALUES_MAX = 40;

/** Plain values that a view gives without being asked for anything: its getters and fields. */
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
