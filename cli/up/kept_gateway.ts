import type { Gateway, GatewayStats } from "@ssmd/gateway";
import { type Logger, sleep } from "@ssmd/runtime";

/** Timeout of closing an unresponsive gateway, ms; then its port is reused without it. */
const CLOSE_MS = 3_000;
/** Pause between failed restarts, ms. */
const RETRY_MS = 2_000;

/** Starts a gateway on `port` (undefined = the environment's); calls `onUnresponsive` when requests hang. */
type StartGateway = (
  on: { port: number | undefined; onUnresponsive: () => void },
) => Promise<Gateway>;

/**
 * Gateway of `up`, restarted on its port when it stops answering; connectors and archiver keep
 * running. It shares the process with them because it shares the in-memory bus. Errors outside of
 * all handlers are left to `surviveUncaughtErrors`. Out of memory ends the whole process: to avoid
 * that, run the services separately.
 */
export class KeptGateway {
  #start: StartGateway;
  #logger: Logger;
  #gateway: Gateway;
  #restarting: Promise<void> = Promise.resolve();
  #closed = new AbortController();

  private constructor(start: StartGateway, logger: Logger, gateway: Gateway) {
    this.#start = start;
    this.#logger = logger;
    this.#gateway = gateway;
  }

  /** Starts a gateway. Throws the gateway's errors. */
  static async open(start: StartGateway, logger: Logger): Promise<KeptGateway> {
    const kept: { gateway?: KeptGateway } = {};
    const onUnresponsive = () => kept.gateway?.restart();
    const gateway = await start({ port: undefined, onUnresponsive });
    return kept.gateway = new KeptGateway(start, logger, gateway);
  }

  /** `http://host:port`; the same after a restart. */
  get url(): string {
    return this.#gateway.url;
  }

  /** Stats of the current gateway. */
  stats(): GatewayStats {
    return this.#gateway.stats();
  }

  /** Resolves when its routes are loaded. Rejects with StorageError when feedback cannot be stored. */
  async loadRoutes(): Promise<void> {
    await this.#gateway.routes();
  }

  /** Stops it permanently. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#restarting;
    await this.#gateway.close();
  }

  /** Closes it and starts a new one on its port, retrying until that works. */
  restart(): void {
    if (this.#closed.signal.aborted) return;
    this.#logger.error("the gateway does not answer and is restarted; the capture continues");
    this.#restarting = this.#restarting.then(() => this.#startAgain());
  }

  async #startAgain(): Promise<void> {
    const { port } = this.#gateway;
    const waited = new AbortController();
    await Promise.race([this.#gateway.close(), sleep(CLOSE_MS, waited.signal)]);
    waited.abort();
    while (!this.#closed.signal.aborted) {
      try {
        this.#gateway = await this.#start({ port, onUnresponsive: () => this.restart() });
        return;
      } catch (error) {
        this.#logger.error("the gateway could not be started again", { error });
        await sleep(RETRY_MS, this.#closed.signal);
      }
    }
  }
}
