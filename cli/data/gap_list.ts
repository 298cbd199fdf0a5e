import type { GapReason } from "@ssmd/market";
import { GAP, gapView, joinedGaps } from "@ssmd/dataset/inventory";
import { z } from "zod";
import { unknownSymbols } from "../archive/requested_symbols.ts";
import { spanOf } from "../archive/time_span.ts";
import { notice, type SsmdContext } from "../context.ts";
import { durationText } from "../format.ts";
import { namedDays } from "./days.ts";
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

/** Lists gaps of the days that flags select, of these reasons and symbols where given. Throws as `namedDays`. */
export async function listGaps(
  context: SsmdContext,
  flags: InventoryFlags & { reason?: readonly GapReason[]; symbol?: readonly string[] },
): Promise<z.output<typeof GAPS>> {
  const { env, days } = await namedDays(context, flags);
  const { fromUs = 0, toUs = Infinity } = spanOf(flags);
  const gaps = joinedGaps(days).filter((gap) =>
    (flags.reason?.includes(gap.reason) ?? true) &&
    (flags.symbol === undefined || gap.symbol === "_all" || flags.symbol.includes(gap.symbol)) &&
    gap.fromUs < toUs && (gap.toUs ?? Infinity) >= fromUs
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
