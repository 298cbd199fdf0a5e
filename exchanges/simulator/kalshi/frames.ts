/** The venue's error codes with their texts. */
const KALSHI_ERRORS = {
  1: "Unable to process message",
  2: "Params required",
  3: "Channels required",
  4: "Subscription IDs required",
  5: "Unknown command",
  7: "Unknown subscription ID",
  8: "Unknown channel name",
  9: "Authentication required",
  10: "Channel error",
  11: "Invalid parameter",
  12: "Exactly one subscription ID is required",
  13: "Unsupported action",
  14: "Market ticker required",
  15: "Action required",
  18: "Command timed out",
  19: "Invalid shard factor",
  20: "Shard factor required",
  21: "Invalid shard key",
  22: "Shard factor too large",
  25: "Subscription buffer overflow",
  26: "Subscription market limit exceeded",
  27: "Too many requests",
} as const;

/** An error code of the venue. */
export type KalshiErrorCode = keyof typeof KALSHI_ERRORS;

/** Error reply; `numbering` if it belongs to a subscription. */
export function kalshiErrorFrame(
  code: KalshiErrorCode,
  id: number,
  numbering?: { sid: number; seq: number },
): string {
  const reply = id > 0 ? `"id":${id},` : "";
  const where = numbering === undefined ? "" : `"sid":${numbering.sid},"seq":${numbering.seq},`;
  return `{${reply}"type":"error",${where}"msg":{"code":${code},"msg":"${KALSHI_ERRORS[code]}"}}`;
}

/** Reply to a subscribed channel. */
export function subscribedFrame(id: number, channel: string, sid: number): string {
  const reply = id > 0 ? `"id":${id},` : "";
  return `{"type":"subscribed",${reply}"msg":{"channel":"${channel}","sid":${sid}}}`;
}

/** Reply to a changed subscription; `tickers` is its whole new set. */
export function okFrame(
  id: number,
  numbering: { sid: number; seq: number },
  tickers?: Iterable<string>,
): string {
  const reply = id > 0 ? `"id":${id},` : "";
  const msg = tickers === undefined
    ? ""
    : `,"msg":{"market_tickers":${JSON.stringify([...tickers])}}`;
  return `{"type":"ok",${reply}"sid":${numbering.sid},"seq":${numbering.seq}${msg}}`;
}

/** Reply to an unsubscribed subscription. */
export function unsubscribedFrame(id: number, numbering: { sid: number; seq: number }): string {
  const reply = id > 0 ? `"id":${id},` : "";
  return `{${reply}"sid":${numbering.sid},"seq":${numbering.seq},"type":"unsubscribed"}`;
}
