/** TCP proxy to a loopback port whose connections can be cut. */
export class CutLine {
  #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #target: number;
  #open = new Set<Deno.Conn>();
  #isCut = false;
  #isDead = false;

  /** Forwards everything to port `target`. */
  constructor(target: number) {
    this.#target = target;
    void this.#accept();
  }

  /** Listening port. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Closes all connections, and new ones at once. */
  cut(): void {
    this.#isCut = true;
    this.#shutAll();
  }

  /** Loses what comes from now on; connections on which something was lost stay open and dead. */
  die(): void {
    this.#isDead = true;
  }

  /** Forwards new connections again. */
  mend(): void {
    this.#isCut = this.#isDead = false;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    this.#shutAll();
  }

  async #accept(): Promise<void> {
    for await (const near of this.#listener) {
      if (this.#isCut) near.close();
      else void this.#connect(near);
    }
  }

  async #connect(near: Deno.Conn): Promise<void> {
    const far = await this.#far();
    if (far === undefined) return near.close();
    for (const each of [near, far]) this.#open.add(each);
    let isDead = false;
    const pass = async (from: Deno.Conn, to: Deno.Conn) => {
      const line = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform: (chunk, controller) => {
          isDead ||= this.#isDead;
          if (!isDead) controller.enqueue(chunk);
        },
      });
      const passed = from.readable.pipeThrough(line);
      await passed.pipeTo(to.writable, { preventClose: true }).catch(() => {});
      // The end is lost, too.
      if (isDead) return;
      await to.writable.close().catch(() => {});
    };
    await Promise.all([pass(near, far), pass(far, near)]);
    if (isDead) return;
    for (const each of [near, far]) this.#open.delete(each);
  }

  /** Connects to the target; undefined = nothing listens there. */
  async #far(): Promise<Deno.Conn | undefined> {
    try {
      return await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
    } catch {
      return undefined;
    }
  }

  #shutAll(): void {
    for (const each of this.#open) {
      try {
        each.close();
      } catch {
        // Already closed by the pipe.
      }
    }
    this.#open.clear();
  }
}
