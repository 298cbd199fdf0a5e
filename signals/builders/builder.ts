import type { EventType, Gap, MarketEvent } from "@ssmd/market";
import type { StateReader, StateWriter } from "./state_bytes.ts";

/** A market other than the instance's; absent fields default to the instance's. */
export interface MarketRef {
  /** The feed's id. */
  readonly feed?: string;
  /** Our market name. */
  readonly symbol?: string;
}

/** JSON value of builder options and fire values. */
export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [name: string]: Json;
};

/**
 * State built from a market's records. Sums prices and sizes in integer steps, bounds its buffers,
 * and takes time only from records.
 */
export interface Builder {
  /** Applies a record of its declared types, or any gap of its market or feed. */
  apply(record: MarketEvent): void;
  /** Whether the state is correct; a gap clears it. Conditions are not evaluated while false. */
  readonly valid: boolean;
  /** Advances to a time, µs; called before conditions are evaluated. */
  advance?(nowUs: number): void;
  /** Writes the complete state. */
  write(to: StateWriter): void;
  /** Restores the state that `write` wrote. */
  read(from: StateReader): void;
}

/** Access to other builders of the same market during creation. */
export interface BuilderContext {
  /** Returns another builder of the same market, applied before this one. */
  use<Of extends Builder>(definition: BuilderDefinition<unknown, Of>): Of;
}

/** A builder declared in `state`; equal declarations share one builder. */
export interface BuilderDefinition<View, Made extends Builder = Builder> {
  /** Builder kind: `orderbook`. */
  readonly kind: string;
  /** Options that identify it among builders of its kind. */
  readonly options: Readonly<Record<string, Json>>;
  /** Market to follow; absent: the instance's. */
  readonly of?: MarketRef;
  /** Record types it takes; every builder also receives gaps. */
  readonly types: readonly EventType[];
  /** Time after its first record until its values no longer depend on when it started, µs. */
  readonly warmupUs: number;
  /** Whether other signals may share it. */
  readonly isShared: boolean;
  /** Creates the builder and its view for conditions. */
  create(context: BuilderContext): { builder: Made; view: View };
}

/** View of a declared builder in conditions. */
export type ViewOf<Definition> = Definition extends BuilderDefinition<infer View> ? View : never;

/** Options common to all builders. */
export interface MarketOption {
  /** Market to follow instead of the instance's. */
  of?: MarketRef;
}

/** Returns the `of` field of a definition; empty when absent. */
export function marketPart(of: MarketRef | undefined): { of?: MarketRef } {
  return of === undefined ? {} : { of: Object.freeze({ ...of }) };
}

/** Returns whether a gap makes records of `channel` missing or suspect. */
export function concerns(gap: Gap, channel: EventType): boolean {
  return gap.channel === "all" || gap.channel === channel;
}

/** Returns the definition, frozen. */
export function define<View, Made extends Builder>(
  definition: BuilderDefinition<View, Made>,
): BuilderDefinition<View, Made> {
  return Object.freeze(definition);
}
