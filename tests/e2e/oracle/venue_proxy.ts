/** A proxy on loopback before a venue: what passes is not touched, but its door can be shut. */
export interface VenueProxy {
  /** The venue's address with the proxy's port. */
  readonly url: string;
  /** Cuts all connections; those that come are answered with 503 until it opens again. */
  shut(): void;
  /** Lets connections pass. */
  open(): void;
  /** Cuts everything and frees the port. */
  close(): Promise<void>;
}

const REFUSAL = new TextEncoder().encode(
  "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
);

/** Starts a proxy to a venue's WebSocket address on loopback. */
export function startVenueProxy(venueUrl: string): VenueProxy {
  const venue = new URL(venueUrl);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = new Set<Deno.Conn>();
  let isOpen = true;
  const cut = () => {
    for (const connection of connections) closeIfOpen(connection);
    connections.clear();
  };
  const accepting = (async () => {
    for await (const client of listener) {
      connections.add(client);
      if (isOpen) void relay(client, Number(venue.port), connections);
      else void refuse(client);
    }
  })();
  return {
    url: `ws://127.0.0.1:${listener.addr.port}${venue.pathname}`,
    shut() {
      isOpen = false;
      cut();
    },
    open() {
      isOpen = true;
    },
    async close() {
      listener.close();
      cut();
      await accepting;
    },
  };
}

async function refuse(client: Deno.Conn): Promise<void> {
  try {
    await client.read(new Uint8Array(4096));
    await client.write(REFUSAL);
  } catch {
    // It went away by itself.
  }
  closeIfOpen(client);
}

async function relay(client: Deno.Conn, port: number, open: Set<Deno.Conn>): Promise<void> {
  try {
    const venue = await Deno.connect({ hostname: "127.0.0.1", port });
    open.add(venue);
    await Promise.race([
      client.readable.pipeTo(venue.writable),
      venue.readable.pipeTo(client.writable),
    ]);
    closeIfOpen(venue);
    open.delete(venue);
  } catch {
    // One of the two was cut.
  }
  closeIfOpen(client);
  open.delete(client);
}

function closeIfOpen(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
