import { envOf, GAP, gapsBetween, gapView, type LISTED_REASONS } from "@ssmd/dataset/inventory";
import { z } from "zod";
import { listArchive } from "../archive/list_archive.ts";
import { unknownSymbols } from "../archive/requested_symbols.ts";
import { spanOf } from "../archive/time_span.ts";
import { notice, type SsmdContext } from "../context.ts";
import { durationText } from "../format.ts";
import type { InventoryFlags } from "./inventory_flags.ts";

/** Gaps of archived days. */
export const GAPS = z.object({ env: z.string(), gaps: z.array(GAP) });

/** The table of {@linkcode GAPS}. */
export function gapTable({ gaps }: z.output<typeof GAPS>) {
  return {
    rows: gaps.map(({ lasted_ms, ...gap }) => ({
      ...gap,
      lasted: lasted_ms === null ? null : durationText(lasted_ms),
    })),
    columns: [
      ...["feed", "from", "to", "lasted", "symbol", "channel", "reason", "missed"],
      ...["ended", "detail"],
    ],
    counted: "gap",
  };
}

/**
 * Lists gaps that reach into the days that flags select, of these reasons and symbols where given.
 * Throws as `gapsBetween`, and UsageError.
 */
export async function listGaps(
  context: SsmdContext,
  flags: InventoryFlags & {
    reason?: readonly (typeof LISTED_REASONS)[number][];
    symbol?: readonly string[];
  },
): Promise<z.output<typeof GAPS>> {
  const { env, all } = await allGaps(context, flags);
  const gaps = all.filter((gap) =>
    (flags.reason?.includes(gap.reason) ?? true) &&
    (flags.symbol === undefined || gap.symbol === "_all" || flags.symbol.includes(gap.symbol))
  );
  const own = gaps.filter(({ symbol }) => symbol !== "_all").map(({ symbol }) => symbol);
  const silent = flags.symbol?.filter((symbol) => !own.includes(symbol)) ?? [];
  const unknown = await unknownSymbols(context.globals, env, silent);
  if (unknown !== undefined) {
    const names = unknown.symbols.map((symbol) => `"${symbol}"`).join(", ");
    notice(context, `${env} names no symbol ${names}. ${unknown.hint}`);
  }
  return { env, gaps: gaps.map(gapView) };
}

async function allGaps(context: SsmdContext, flags: InventoryFlags) {
  const none = { env: flags.env ?? "", all: [] };
  return await listArchive<{ env: string; all: Awaited<ReturnType<typeof gapsBetween>> }>(
    context,
    flags,
    {
      none,
      read: async (storage) => {
        const env = await envOf(storage, flags.env);
        const query = { env, ...spanOf(flags) };
        const all = await gapsBetween(storage, {
          ...query,
          ...(flags.feed === undefined ? {} : { feeds: flags.feed }),
          ...(flags.version === undefined ? {} : { version: flags.version }),
        });
        return { env, all };
      },
    },
  );
}
