/** The system itself gives ports from 32768 on, to whoever listens on 0 and to each outgoing connection. */
const [FIRST, LAST] = [15_000, 30_000];

/**
 * A port of loopback on which nobody listens, and which the system gives to nobody: it is free still
 * when a server begins there, and when it was killed and begins again.
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
