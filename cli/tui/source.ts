import { SsmdError } from "@ssmd/runtime";
import type { SsmdContext } from "../context.ts";
import {
  askGateway,
  type GatewayLocation,
  gatewayUrl,
  requestGateway,
} from "../client/running_gateway.ts";

/** The gateway that the screen is about; it may go away and come back on another port. */
export class Source {
  /** As commands get it, with every question answered: the screen has asked already. */
  readonly context: SsmdContext;
  readonly location: GatewayLocation;
  /** Since when it does not answer, ms since 1970; undefined = it answers. */
  awaySinceMs: number | undefined;
  /** How often it came back. */
  returns = 0;
  #base: string | undefined;

  constructor(context: SsmdContext, location: GatewayLocation) {
    const silent = { write: () => {} };
    this.context = {
      globals: { ...context.globals, quiet: true, yes: true },
      process: { ...context.process, stderr: silent },
    };
    this.location = location;
  }

  /** Where it runs on this machine, its data folder can be used as well. */
  get isLocal(): boolean {
    return this.location.url === undefined;
  }

  /** Its address, as far as it is known. */
  get url(): string {
    return this.location.url ?? this.#base ?? "";
  }

  /** A JSON answer. Throws as {@linkcode askGateway} does. */
  ask(method: "GET" | "POST", path: string): Promise<unknown> {
    return this.#watched(async (url) =>
      await askGateway(this.context, { ...this.location, url }, [method, path])
    );
  }

  /** The text of `/metrics`; "" where this caller may not read it. */
  metrics(): Promise<string> {
    return this.#watched(async (url) => {
      const response = await requestGateway(url, ["GET", "/metrics"]);
      const text = await response.text();
      return response.ok ? text : "";
    });
  }

  async #watched<T>(request: (url: string) => Promise<T>): Promise<T> {
    try {
      this.#base ??= this.location.url ?? await gatewayUrl(this.context.globals, this.location);
      const answer = await request(this.#base);
      if (this.awaySinceMs !== undefined) this.returns++;
      this.awaySinceMs = undefined;
      return answer;
    } catch (error) {
      if (error instanceof SsmdError && error.code === "GATEWAY_UNREACHABLE") {
        this.awaySinceMs ??= Date.now();
        // Started again it may have another port.
        this.#base = undefined;
      }
      throw error;
    }
  }
}
