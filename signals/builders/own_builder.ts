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

/** How an author's own builder is fed. */
export interface OwnBuilderOptions extends MarketOption {
  /** Types of records that it takes. */
  types: readonly EventType[];
  /** Time until what it says does not depend on when it began; default none. */
  warmup?: string;
}

/**
 * A builder of the author's own, made once a market. No other signal shares it, and conditions see
 * it as it is.
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
