/** A message of the gateway's stream. */
export type StreamMessage = Record<string, unknown> & { type: string };

const WAIT_MS = 120_000;

/** A client of `/v1/stream` that keeps what came. */
export class Stream implements AsyncDisposable {
  readonly messages: StreamMessage[] = [];
  #socket: WebSocket;
  #closed: Promise<unknown>;
  #wake: (() => void)[] = [];

  /** Connects to a gateway; `query` without the question mark. */
  constructor(gatewayUrl: string, query: string) {
    this.#socket = new WebSocket(`${gatewayUrl.replace("http", "ws")}/v1/stream?${query}`);
    this.#closed = new Promise((resolve) => this.#socket.addEventListener("close", resolve));
    this.#socket.addEventListener("message", ({ data }) => {
      this.messages.push(JSON.parse(data));
      for (const wake of this.#wake.splice(0)) wake();
    });
  }

  /** Waits for a message that passes; earlier ones count. */
  async next(passes: (message: StreamMessage) => boolean): Promise<StreamMessage> {
    const late = Promise.withResolvers<void>();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      late.resolve();
    }, WAIT_MS);
    try {
      for (;;) {
        const found = this.messages.find(passes);
        if (found) return found;
        const types = this.messages.map(({ type }) => type).join(" ");
        if (isLate) throw new Error(`no message passes ${passes}; there came: ${types}`);
        await Promise.race([
          new Promise<void>((resolve) => this.#wake.push(resolve)),
          late.promise,
        ]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#closed;
  }
}
