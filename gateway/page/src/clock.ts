/** Difference of clocks that counts, ms; less may be the network's. */
const DIFFERENCE_MS_MIN = 2000;

let offsetMs = 0;

/** Current time by the gateway's clock, ms since 1970: the times of all records are from there. */
export function gatewayNowMs(): number {
  return Date.now() + offsetMs;
}

/**
 * Takes over the gateway's clock from an answer that was requested and received at times of this
 * browser. Returns how far the browser's clock is ahead, ms; 0 = as good as equal.
 */
export function followClock(
  gatewayMs: number,
  { sentMs, receivedMs }: { sentMs: number; receivedMs: number },
): number {
  const ahead = (sentMs + receivedMs) / 2 - gatewayMs;
  const isOff = Math.abs(ahead) > DIFFERENCE_MS_MIN + (receivedMs - sentMs) / 2;
  offsetMs = isOff ? -ahead : 0;
  return isOff ? ahead : 0;
}
