/** Below 32768, where the system assigns ports to listeners on 0 and to outgoing connections. */
const [FIRST, LAST] = [15_000, 30_000];

/**
 * Returns a free loopback port outside the range that the system assigns from: it stays free until a
 * server starts there, and across a restart.
 */
export function freePort(): number {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
