import { Buffer } from "node:buffer";
// @ts-types="@types/ws"
import { WebSocket } from "ws";
import { VenueError } from "@ssmd/runtime";

/** Client for tests: keeps every frame and lets a test wait for one. */
export class TestClient {
  readonly frames: string[] = [];
  readonly pings: string[] = [];
  readonly closed: Promise<{ code: number }>;
  binaryFrames = 0;
  #socket: WebSocket;
  #read = 0;
  #waiting: (() => void) | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on("close", (code) => {
        resolve({ code });
        this.#waiting?.();
      });
    });
    socket.on("error", () => {});
    socket.on("ping", (data) => this.pings.push(data.toString()));
    socket.on("message", (data, binary) => {
      if (binary) this.binaryFrames++;
      this.frames.push(binary ? `<${(data as Uint8Array).length} bytes>` : data.toString());
      this.#waiting?.();
    });
  }

  /** Opens a connection. */
  static open(url: string, headers: Record<string, string> = {}): Promise<TestClient> {
    const socket = new WebSocket(url, { headers, maxPayload: 128 * 1024 * 1024 });
    const client = new TestClient(socket);
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(client));
      socket.once("error", reject);
    });
  }

  send(value: unknown): void {
    this.#socket.send(typeof value === "string" ? value : JSON.stringify(value));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  ping(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once("pong", () => resolve());
      this.#socket.ping();
    });
  }

  /** Next unread frame that `matches`; earlier ones count as read. */
  async next(matches: (frame: string) => boolean = () => true): Promise<string> {
    for (;;) {
      while (this.#read < this.frames.length) {
        const frame = this.frames[this.#read++] as string;
        if (matches(frame)) return frame;
      }
      if (this.#socket.readyState !== WebSocket.OPEN) {
        throw new VenueError(
          "CONNECTION_CLOSED",
          "the simulator closed while a frame was waited for",
          {
            hint: "the frames that came stand in `frames`",
            context: { frames: this.frames.length },
          },
        );
      }
      await new Promise<void>((resolve) => this.#waiting = resolve);
      this.#waiting = undefined;
    }
  }

  /** Next frame that contains `part`, as JSON. */
  // deno-lint-ignore no-explicit-any -- a test looks into frames of any shape
  async json(part = ""): Promise<any> {
    return JSON.parse(await this.next((frame) => frame.includes(part)));
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}

/** Handshake headers of Kalshi, signed with an RSA key in PKCS#8. */
export async function signedHeaders(
  key: { keyId: string; privateKeyPem: string },
  nowMs = Date.now(),
  target = "GET/trade-api/ws/v2",
): Promise<Record<string, string>> {
  const base64 = key.privateKeyPem.replace(/-----[A-Z ]+-----|\s/g, "");
  const rsa = await crypto.subtle.importKey(
    "pkcs8",
    Buffer.from(base64, "base64"),
    { name: "RSA-PSS", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const signature = await crypto.subtle.sign(
    { name: "RSA-PSS", saltLength: 32 },
    rsa,
    new TextEncoder().encode(`${nowMs}${target}`),
  );
  return {
    "KALSHI-ACCESS-KEY": key.keyId,
    "KALSHI-ACCESS-TIMESTAMP": String(nowMs),
    "KALSHI-ACCESS-SIGNATURE": Buffer.from(signature).toString("base64"),
  };
}

/** Folder of recorded market data; undefined when absent. */
export function capturesFolder(): string | undefined {
  const folder = Deno.env.get("SSMD_CAPTURES") ??
    new URL("../../../shared/captures", import.meta.url).pathname;
  try {
    return Deno.statSync(folder).isDirectory ? folder : undefined;
  } catch {
    return undefined;
  }
}
