/** A line to a port of loopback that can be cut, as a network is. */
export class CutLine {
  #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #target: number;
  #open = new Set<Deno.Conn>();
  #isCut = false;

  /** Passes everything on to `target`. */
  constructor(target: number) {
    this.#target = target;
    void this.#accept();
  }

  /** Where it begins. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Nothing passes any more. */
  cut(): void {
    this.#isCut = true;
    this.#shutAll();
  }

  /** New connections pass again. */
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

  /** Undefined = nobody listens there. */
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
        // The pipe has closed it.
      }
    }
    this.#open.clear();
  }
}
