/**
 * Fault of one request:
 * - `pass`: none;
 * - `busy`: it is answered with 503 and never forwarded;
 * - `silence`: no answer ever comes;
 * - `reset`: the connection is cut before anything is forwarded;
 * - `cutRequest`: half of it is forwarded, then both sides are cut;
 * - `cutAnswer`: it is executed, and half of the answer is returned;
 * - `loseAnswer`: it is executed, and no answer is returned.
 */
export type Fault =
  | "pass"
  | "busy"
  | "silence"
  | "reset"
  | "cutRequest"
  | "cutAnswer"
  | "loseAnswer";

/** A request as the proxy sees it. */
export interface ProxiedRequest {
  /** `PUT`. */
  method: string;
  /** `/bucket/key?partNumber=1&uploadId=…` */
  path: string;
  /** 0 = the first one through the proxy. */
  number: number;
}

/** A proxy on loopback in front of an HTTP server that closes after each answer. */
export interface FaultProxy {
  /** `http://127.0.0.1:{port}` */
  readonly endpoint: string;
  /** All requests so far, in order. */
  readonly requests: ProxiedRequest[];
  /** Faults of the next requests; default pass. */
  plan: (request: ProxiedRequest) => Fault;
  /** Cuts all connections and stops. */
  close(): Promise<void>;
}

const BUSY_BODY =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>later</Message></Error>';
const BUSY = `HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\n` +
  `Content-Length: ${BUSY_BODY.length}\r\nConnection: close\r\n\r\n${BUSY_BODY}`;

/** Starts a proxy to a port of loopback. */
export function startFaultProxy(port: number): FaultProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const running = new Set<Promise<void>>();
  const proxy: FaultProxy = {
    endpoint: `http://127.0.0.1:${listener.addr.port}`,
    requests: [],
    plan: () => "pass",
    async close() {
      listener.close();
      for (const connection of open) shut(connection);
      await Promise.all(running);
      await accepting;
    },
  };
  const accepting = (async () => {
    for await (const client of listener) {
      open.add(client);
      const task: Promise<void> = serve(proxy, client, port, open).catch(() => {}).finally(() => {
        shut(client);
        open.delete(client);
        running.delete(task);
      });
      running.add(task);
    }
  })();
  return proxy;
}

async function serve(
  proxy: FaultProxy,
  client: Deno.Conn,
  port: number,
  open: Set<Deno.Conn>,
): Promise<void> {
  const head = await readHead(client);
  if (head === undefined) return;
  const request = { ...head.line, number: proxy.requests.length };
  proxy.requests.push(request);
  const fault = proxy.plan(request);
  if (fault === "reset") return;
  if (fault === "busy") return await writeAll(client, new TextEncoder().encode(BUSY));
  if (fault === "silence") {
    while (await client.read(new Uint8Array(65536)) !== null);
    return;
  }
  const server = await Deno.connect({ hostname: "127.0.0.1", port });
  open.add(server);
  try {
    await relay(client, server, head, fault);
  } finally {
    shut(server);
    open.delete(server);
  }
}

async function relay(
  client: Deno.Conn,
  server: Deno.Conn,
  { bytes, total }: Head,
  fault: Fault,
): Promise<void> {
  const cut = fault === "cutRequest";
  const sending = forward(client, server, bytes, cut ? Math.ceil(total / 2) : total);
  if (cut) return await sending;
  const answer = await readToEnd(server);
  await sending.catch(() => {});
  if (fault === "loseAnswer") return;
  await writeAll(client, fault === "cutAnswer" ? answer.subarray(0, answer.length / 2) : answer);
}

interface Head {
  line: { method: string; path: string };
  /** Bytes read so far: the head and possibly part of the body. */
  bytes: Uint8Array;
  /** Length of head and body. */
  total: number;
}

async function readHead(client: Deno.Conn): Promise<Head | undefined> {
  let bytes = new Uint8Array();
  const buffer = new Uint8Array(65536);
  for (;;) {
    const count = await client.read(buffer);
    if (count === null) return undefined;
    bytes = joined(bytes, buffer.subarray(0, count));
    const text = new TextDecoder("latin1").decode(bytes);
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) continue;
    const [method = "", path = ""] = text.split(" ", 2);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1] ?? 0);
    return { line: { method, path }, bytes, total: end + 4 + length };
  }
}

/** Forwards the bytes read so far and those that follow, `limit` bytes in total. */
async function forward(from: Deno.Conn, to: Deno.Conn, first: Uint8Array, limit: number) {
  await writeAll(to, first.subarray(0, limit));
  const buffer = new Uint8Array(65536);
  for (let sent = first.length; sent < limit;) {
    const count = await from.read(buffer);
    if (count === null) return;
    await writeAll(to, buffer.subarray(0, Math.min(count, limit - sent)));
    sent += count;
  }
}

async function readToEnd(connection: Deno.Conn): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const buffer = new Uint8Array(65536);
  for (;;) {
    const count = await connection.read(buffer).catch(() => null);
    if (count === null) break;
    chunks.push(buffer.slice(0, count));
  }
  return joined(...chunks);
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function joined(...chunks: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function shut(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // Already closed.
  }
}
