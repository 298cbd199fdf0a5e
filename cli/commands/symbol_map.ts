import { buildCommand, type Command } from "@stricli/core";
import { ENV_NEEDED_FLAG } from "../flags.ts";
import type { SsmdContext } from "../context.ts";
import { editFile } from "../registry/edit_file.ts";
import {
  docs,
  EDIT_FLAGS,
  type EditFlags,
  neededFlag,
  numberFlag,
  textFlag,
  word,
} from "../registry/flags.ts";

interface Flags extends EditFlags {
  env: string;
  feed: string;
  external?: string;
  tier?: number;
  depth?: number;
}

/** `ssmd symbol map` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Map a symbol of ours to a market of a venue, in an environment",
    "An existing mapping is changed where flags say so.",
    [
      "ssmd symbol map ADAUSD --env demo --feed kraken --external ADA/USD --depth 10 --dry-run",
      "ssmd symbol map KXHIGHNY-26DEC31-T45 --env kalshi --feed kalshi --tier 1 --dry-run",
    ],
  ),
  parameters: {
    flags: {
      ...EDIT_FLAGS,
      env: ENV_NEEDED_FLAG,
      feed: neededFlag("The feed that brings it", "feed"),
      external: textFlag("The venue's name; default ours", "name"),
      tier: numberFlag("Importance for shards, 1 = most", "tier"),
      depth: numberFlag("Levels a side of the book", "levels"),
    },
    positional: { kind: "tuple", parameters: [word("Our name of the market", "symbol")] },
  },
  async func(flags, symbol) {
    await editFile("environment", flags.env, flags, this, (edit) => {
      const at = ["symbols", symbol];
      const { feed, external, tier, depth } = flags;
      const own = edit.get(at) as Record<string, unknown> | undefined;
      if (own === undefined) {
        edit.set(at, {
          ...{ feed, external: external ?? symbol },
          ...(tier === undefined ? {} : { tier }),
          ...(depth === undefined ? {} : { depth }),
        });
        return;
      }
      for (const [field, value] of Object.entries({ feed, external, tier, depth })) {
        if (value !== undefined && own[field] !== value) edit.set([...at, field], value);
      }
    });
  },
});
