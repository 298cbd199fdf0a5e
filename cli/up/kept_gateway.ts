import type { Gateway, GatewayStats } from "@ssmd/gateway";
import { type Logger, sleep } from "@ssmd/runtime";

/** Wait for a gateway that does not answer to close; then its port is taken without it. */
const CLOSE_MS = 3_000;
/** Pause before the next try where a gateway did not start again. */
const RETRY_MS = 2_000;

/** Starts a gateway on `port` (undefined = the environment's); `onUnresponsive` is called when it answers no request. */
type StartGateway = (
  on: { port: number | undefined; onUnresponsive: () => void },
) => Promise<Gateway>;

/**
 * The gateway of `up`. It shares the process with the capture, as it shares the bus in memory; where
 * it answers nobody it is closed and started again on its port, and connectors and archiver go on.
 * An error that it throws outside of all handlers is the business of `surviveUncaughtErrors`. Memory
 * that runs out ends both: who cannot afford that runs the services apart.
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

  /** Starts one. Throws as the gateway does. */
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

  /** Figures of the gateway that runs now. */
  stats(): GatewayStats {
    return this.#gateway.stats();
  }

  /** Stops it for good. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#restarting;
    await this.#gateway.close();
  }

  /** Closes it and starts it again on its port; tries until that works. */
  restart(): void {
    if (this.#closed.signal.aborted) return;
    this.#logger.error("the gateway answers nobody and is started again; the capture goes on");
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
