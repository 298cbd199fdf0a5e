/** TCP proxy to a loopback port whose connections can be cut. */
export class CutLine {
  #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #target: number;
  #open = new Set<Deno.Conn>();
  #isCut = false;

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

  /** Forwards new connections again. */
  mend(): void {
    this.#isCut = false;
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
    const pass = (from: Deno.Conn, to: Deno.Conn) =>
      from.readable.pipeTo(to.writable).catch(() => {});
    await Promise.all([pass(near, far), pass(far, near)]);
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
