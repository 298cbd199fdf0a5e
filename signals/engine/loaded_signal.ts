import type { Params, SignalDefinition } from "./signal.ts";
import { canonicalJson } from "./canonical_json.ts";
import { sha256Of } from "./fire_id.ts";

/** A signal ready to run in an engine. */
export interface LoadedSignal {
  /** File name without `.ts`. */
  readonly id: string;
  /** The author's definition. */
  readonly definition: SignalDefinition;
  /** Effective parameters. */
  readonly params: Params;
  /** SHA-256 of the effective parameters as canonical JSON, hex. */
  readonly paramsHash: string;
  /** SHA-256 of its source text, hex. */
  readonly sourceHash: string;
}

/** Returns a signal with the hash of its parameters. */
export function loadedSignal(
  signal: Pick<LoadedSignal, "id" | "definition" | "params" | "sourceHash">,
): LoadedSignal {
  const { id, definition, params, sourceHash } = signal;
  return { id, definition, params, sourceHash, paramsHash: sha256Of(canonicalJson(params)) };
}

/** Returns whether a name equals a pattern, or starts with its part before `*`. */
function matches(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/** Returns whether a signal has an instance on a market. */
export function watches({ definition }: LoadedSignal, feed: string, symbol: string): boolean {
  return definition.feeds.includes(feed) &&
    definition.symbols.some((pattern) => matches(pattern, symbol));
}
