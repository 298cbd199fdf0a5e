import type { EventType } from "@ssmd/market";
import { ConfigError } from "@ssmd/runtime/errors";
import {
  type Builder,
  type BuilderDefinition,
  define,
  type MarketOption,
  marketPart,
} from "./builder.ts";
import { spanUs } from "./span.ts";

/** Options of an author's own builder. */
export interface OwnBuilderOptions extends MarketOption {
  /** Record types it takes. */
  types: readonly EventType[];
  /** Time until its values no longer depend on when it started; default none. */
  warmup?: string;
}

/**
 * Declares an author's own builder, created once per market. It is not shared with other signals;
 * conditions see the builder itself.
 */
export function builder<Own extends Builder>(
  create: () => Own,
  { types, warmup, of }: OwnBuilderOptions,
): BuilderDefinition<Own, Own> {
  if (types.length === 0) throw new ConfigError("SIGNAL_INVALID", "A builder takes no record");
  return define({
    kind: "own",
    options: Object.freeze({}),
    ...marketPart(of),
    types: Object.freeze([...types]),
    warmupUs: warmup === undefined ? 0 : spanUs(warmup),
    isShared: false,
    create() {
      const own = create();
      return { builder: own, view: own };
    },
  });
}
