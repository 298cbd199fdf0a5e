import { ALL_SYMBOLS, type Gap, lostGap } from "@ssmd/market";
import type { Normalized, UnreadableNotice } from "./adapter.ts";

/**
 * Marks a part of a frame as unreadable. If parts of several symbols or channels are, the notice
 * covers all of them.
 */
export function markUnreadable(out: Normalized, news: Omit<UnreadableNotice, "type">): void {
  const before = out.notice?.type === "unreadable" ? out.notice : undefined;
  const notice: UnreadableNotice = { type: "unreadable", reason: news.reason };
  // A part of an unknown symbol or channel may concern any, also beside one that is known.
  const { symbol, channel } = before ?? news;
  if (symbol !== undefined && symbol === news.symbol) notice.symbol = symbol;
  if (channel !== undefined && channel === news.channel) notice.channel = channel;
  if (news.isCovered && (before === undefined || before.isCovered)) notice.isCovered = true;
  out.notice = notice;
}

/** Notes what was made of one part of a frame, unless another part of it is unreadable. */
export function noteBeside(out: Normalized, notice: NonNullable<Normalized["notice"]>): void {
  if (out.notice?.type !== "unreadable") out.notice = notice;
}

/** Gap of reason `parse` for an unreadable frame, or a part of one. */
export function parseGap(
  feed: string,
  atUs: number,
  { symbol = ALL_SYMBOLS, channel = "all", reason: detail }: Omit<UnreadableNotice, "type">,
): Gap {
  const news = { feed, symbol, channel, reason: "parse", missed: 1 } as const;
  return lostGap({ ...news, fromUs: atUs, atUs, detail });
}
