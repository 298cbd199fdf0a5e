import type { Normalized, UnreadableNotice } from "./adapter.ts";

/**
 * Marks a part of a frame as unreadable. If parts of several symbols or channels are, the notice
 * covers all of them.
 */
export function markUnreadable(out: Normalized, news: Omit<UnreadableNotice, "type">): void {
  const before = out.notice?.type === "unreadable" ? out.notice : undefined;
  const notice: UnreadableNotice = { type: "unreadable", reason: news.reason };
  if (news.symbol !== undefined && (before?.symbol ?? news.symbol) === news.symbol) {
    if (before === undefined || before.symbol !== undefined) notice.symbol = news.symbol;
  }
  if (news.channel !== undefined && (before?.channel ?? news.channel) === news.channel) {
    notice.channel = news.channel;
  }
  if (news.isCovered && (before === undefined || before.isCovered)) notice.isCovered = true;
  out.notice = notice;
}
