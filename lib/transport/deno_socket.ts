import {
  checkOptions,
  type ConnectionOptions,
  INFO,
  type Server,
  type ServerInfo,
  type Transport,
} from "@nats-io/nats-core/internal";
import { Chaos, messageOf, sleep, TransportError } from "@ssmd/runtime";

const READ_BYTES = 256 * 1024;
const GREETING_BYTES_MAX = 64 * 1024;
const LF = 10;

/** Connection options of our own, passed along with the client library's. */
export interface DialOptions {
  /** Awaited before each attempt, including reconnects. */
  beforeDial?: () => Promise<void>;
}

/**
 * TCP (or TLS) connection under a NATS client. The one in `@nats-io/transport-node` removes its
 * error listeners before its socket is closed, so that under Deno a reset at the wrong moment ends
 * the process; and it reads without backpressure.
 */
export class DenoSocket implements Transport {
  readonly lang = "deno";
  readonly version = Deno.version.deno;
  closeError?: Error;
  #connection: Deno.TcpConn | Deno.TlsConn | undefined;
  #encrypted = false;
  #connected = false;
  #done = false;
  #first: Uint8Array = new Uint8Array();
  #waiting: Uint8Array[] = [];
  #writing = false;
  #chaos = Chaos.of("socket");
  #closed = Promise.withResolvers<void | Error>();

  /** Connects, reads the server's greeting, and upgrades to TLS when the server asks for it. */
  async connect(server: Server, options: ConnectionOptions & DialOptions): Promise<void> {
    try {
      await options.beforeDial?.();
      const plain = await Deno.connect({ hostname: server.hostname, port: server.port });
      this.#connection = plain;
      plain.setNoDelay(true);
      const info = await this.#readGreeting(plain);
      checkOptions(info, options);
      if (info.tls_required === true || (info.tls_available === true && options.tls !== null)) {
        // For an IP address the client library gives no name.
        const hostname = server.tlsName || server.hostname;
        const secured = this.#connection = await Deno.startTls(plain, { hostname });
        await secured.handshake();
        this.#encrypted = true;
      }
      if (this.#done) throw broken("the connection was given up");
      this.#connected = true;
      this.#dropInTime();
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  /** Yields received chunks until the connection ends; reads the next after one was taken. */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    if (this.#first.length > 0) yield this.#first;
    const buffer = new Uint8Array(READ_BYTES);
    while (!this.#done) {
      let count: number | null;
      try {
        count = await this.#connection?.read(buffer) ?? null;
      } catch (error) {
        this.#finish(error instanceof Error ? error : broken(messageOf(error)));
        return;
      }
      if (count === null) {
        this.#finish();
        return;
      }
      // Payloads reference the chunk for as long as they are kept.
      if (!this.#done) yield buffer.slice(0, count);
    }
  }

  get isClosed(): boolean {
    return this.#done;
  }

  isEncrypted(): boolean {
    return this.#encrypted;
  }

  /** Writes in call order; a failure shows on the reading side. */
  send(frame: Uint8Array): void {
    if (this.#done) return;
    this.#waiting.push(frame);
    if (!this.#writing) void this.#write();
  }

  close(error?: Error): Promise<void> {
    if (this.#connected) this.#finish(error);
    return Promise.resolve();
  }

  disconnect(): void {
    this.#finish();
  }

  closed(): Promise<void | Error> {
    return this.#closed.promise;
  }

  /** Closes without a notification, as another connection replaces it. */
  discard(): void {
    this.#done = true;
    this.#release();
  }

  async #readGreeting(connection: Deno.TcpConn): Promise<ServerInfo> {
    const buffer = new Uint8Array(GREETING_BYTES_MAX);
    let filled = 0;
    while (!buffer.subarray(0, filled).includes(LF)) {
      const count = filled < buffer.length ? await connection.read(buffer.subarray(filled)) : null;
      if (count === null) throw broken("the other side is no nats-server");
      filled += count;
    }
    // The client parses it as part of the stream too.
    this.#first = buffer.slice(0, filled);
    const match = INFO.exec(new TextDecoder().decode(this.#first));
    if (match?.[1] === undefined) throw broken("the other side is no nats-server");
    return JSON.parse(match[1]) as ServerInfo;
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#waiting.length > 0 && this.#connection !== undefined) {
        if (this.#chaos !== undefined) await sleep(this.#chaos.settings.latencyMs);
        const frames = this.#waiting;
        this.#waiting = [];
        const bytes = frames.length === 1 ? frames[0] : joined(frames);
        for (let at = 0; bytes !== undefined && at < bytes.length;) {
          at += await this.#connection.write(bytes.subarray(at));
        }
      }
    } catch {
      // The reader gets the same error and handles it.
      this.#waiting = [];
    } finally {
      this.#writing = false;
    }
  }

  #dropInTime(): void {
    const lifeMs = this.#chaos?.nextLifeMs() ?? Infinity;
    if (lifeMs === Infinity) return;
    const timer = setTimeout(() => this.#finish(broken("it is dropped on purpose")), lifeMs);
    this.#closed.promise.then(() => clearTimeout(timer));
    Deno.unrefTimer(timer);
  }

  #finish(error?: Error): void {
    if (this.#done) return;
    this.#done = true;
    if (error !== undefined) this.closeError = error;
    this.#release();
    this.#closed.resolve(error);
  }

  #release(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#waiting = [];
    try {
      connection?.close();
    } catch {
      // Already closed, or taken over by TLS.
    }
  }
}

function joined(frames: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(frames.reduce((size, frame) => size + frame.length, 0));
  let at = 0;
  for (const frame of frames) {
    bytes.set(frame, at);
    at += frame.length;
  }
  return bytes;
}

function broken(why: string): TransportError {
  return new TransportError("CONNECTION_BROKEN", `The connection to the bus broke: ${why}`, {
    hint: "Check the url of the nats-server",
    retryable: true,
  });
}
