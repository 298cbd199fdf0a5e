import type { EventType, Gap, MarketEvent } from "@ssmd/market";
import type { StateReader, StateWriter } from "./state_bytes.ts";

/** A market that is not the instance's own; what is left out is the instance's. */
export interface MarketRef {
  /** The feed's id. */
  readonly feed?: string;
  /** Our name of the market. */
  readonly symbol?: string;
}

/** Values that options and results are made of. */
export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [name: string]: Json;
};

/**
 * State that follows a market's records. It keeps prices and sizes in integer steps where it adds
 * them up, has buffers of bounded size, and knows no time but that of records.
 */
export interface Builder {
  /** Takes a record of the types it was declared for, or any gap of its market or feed. */
  apply(record: MarketEvent): void;
  /** Whether what it says is right; a gap clears it. Conditions are not asked before. */
  readonly valid: boolean;
  /** Moves its time on, µs; called before conditions are asked. */
  advance?(nowUs: number): void;
  /** Writes all that it needs to go on. */
  write(to: StateWriter): void;
  /** Takes over what `write` wrote. */
  read(from: StateReader): void;
}

/** What a builder may ask of the market for which it is made. */
export interface BuilderContext {
  /** Another builder of the same market, applied before this one. */
  use<Of extends Builder>(definition: BuilderDefinition<unknown, Of>): Of;
}

/** A builder as it is declared in `state`; equal declarations share one builder. */
export interface BuilderDefinition<View, Made extends Builder = Builder> {
  /** Name of the kind: `orderbook`. */
  readonly kind: string;
  /** What tells it from others of its kind. */
  readonly options: Readonly<Record<string, Json>>;
  /** The market whose records it takes; absent = the instance's. */
  readonly of?: MarketRef;
  /** Types of records that it takes; gaps come to every builder. */
  readonly types: readonly EventType[];
  /** Time from its first record until what it says does not depend on when it began, µs. */
  readonly warmupUs: number;
  /** Whether signals other than its own may share it. */
  readonly isShared: boolean;
  /** Makes the builder, and what conditions see of it. */
  create(context: BuilderContext): { builder: Made; view: View };
}

/** What conditions see of a declared builder. */
export type ViewOf<Definition> = Definition extends BuilderDefinition<infer View> ? View : never;

/** Options that every builder has. */
export interface MarketOption {
  /** Follow another market than the instance's. */
  of?: MarketRef;
}

/** The part of a definition that says which market is meant. */
export function marketPart(of: MarketRef | undefined): { of?: MarketRef } {
  return of === undefined ? {} : { of: Object.freeze({ ...of }) };
}

/** Whether a gap says that records of `channel` are missing or suspect. */
export function concerns(gap: Gap, channel: EventType): boolean {
  return gap.channel === "all" || gap.channel === channel;
}

/** A definition that nobody can change. */
export function define<View, Made extends Builder>(
  definition: BuilderDefinition<View, Made>,
): BuilderDefinition<View, Made> {
  return Object.freeze(definition);
}
