import { ConfigError, type SsmdError, type SsmdErrorOptions } from "./errors.ts";
import type { Health } from "./health.ts";
import type { Logger } from "./log.ts";
import { sleep } from "./retry.ts";
import { seededRandom } from "./seeded_random.ts";
import { variable } from "./variable.ts";
import { withMembers } from "./with_members.ts";

/** Faults to inject, and how often. */
interface ChaosSettings {
  /** Seed of the random choices of one port; the order of calls among ports is not reproducible. */
  seed: number;
  /** Share of calls that fail, 0…1; half of them take effect anyway. */
  failureRate: number;
  /** Mean latency added before a call, ms; each waits 0.5 to 1.5 times as long. */
  latencyMs: number;
  /** Share of reads with a corrupted byte, 0…1. */
  corruptionRate: number;
  /** Mean lifetime of a bus connection, seconds; 0 = connections are not dropped. */
  dropSeconds: number;
}

const VARIABLES: Readonly<Record<keyof ChaosSettings, string>> = {
  seed: "SSMD_CHAOS_SEED",
  failureRate: "SSMD_CHAOS_FAILURE_RATE",
  latencyMs: "SSMD_CHAOS_LATENCY_MS",
  corruptionRate: "SSMD_CHAOS_CORRUPTION_RATE",
  dropSeconds: "SSMD_CHAOS_DROP_SECONDS",
};

interface ChaosOptions {
  logger: Logger;
  health: Health;
  /** Error class that callers of the port expect. */
  error: new (code: string, message: string, options: SsmdErrorOptions) => SsmdError;
}

/** Injects faults into one port of a process, configured by SSMD_CHAOS_…; for tests and drills. */
export class Chaos {
  static #known = new Map<string, Chaos | undefined>();
  readonly settings: ChaosSettings;
  #port: string;
  #random: () => number;
  #error: ChaosOptions["error"] | undefined;

  private constructor(port: string, settings: ChaosSettings) {
    this.#port = port;
    this.settings = settings;
    this.#random = seededRandom(settings.seed);
  }

  /** Returns the process's instance for a port; undefined = chaos is off. Throws `CHAOS_INVALID`. */
  static of(port: string): Chaos | undefined {
    if (!Chaos.#known.has(port)) {
      const settings = settingsOfProcess();
      Chaos.#known.set(port, settings && new Chaos(port, settings));
    }
    return Chaos.#known.get(port);
  }

  /** Like `of`, but logs the settings with their seed and adds a health notice. */
  static ofService(port: string, { logger, health, error }: ChaosOptions): Chaos | undefined {
    const chaos = Chaos.of(port);
    if (chaos === undefined) return undefined;
    chaos.#error = error;
    logger.warn(`calls of ${port} fail on purpose: SSMD_CHAOS_… is set`, { ...chaos.settings });
    health.component(port).notice("chaos", () => "it fails on purpose: SSMD_CHAOS_… is set");
    return chaos;
  }

  /** Returns `port` with latency and failures added to these methods. */
  disturb<T extends object>(port: T, methods: readonly (keyof T & string)[]): T {
    const disturbed = methods.flatMap((name) => {
      const method: unknown = port[name];
      if (typeof method !== "function") return [];
      return [[name, (...given: unknown[]) => this.#call(name, () => method.apply(port, given))]];
    });
    return withMembers(port, Object.fromEntries(disturbed));
  }

  /** Waits, then possibly throws in place of the operation. */
  async strike(what: string): Promise<void> {
    await this.#wait();
    if (this.#random() < this.settings.failureRate) throw this.#failure(what);
  }

  /** Returns `bytes`, or a copy with one corrupted byte. */
  corrupt(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0 || this.#random() >= this.settings.corruptionRate) return bytes;
    const wrong = bytes.slice();
    const at = Math.floor(this.#random() * wrong.length);
    wrong[at] = (wrong[at] ?? 0) ^ (1 << Math.floor(this.#random() * 8));
    return wrong;
  }

  /** Lifetime of the next connection, ms; Infinity = it is not dropped. */
  nextLifeMs(): number {
    const { dropSeconds } = this.settings;
    return dropSeconds > 0 ? -Math.log(1 - this.#random()) * dropSeconds * 1000 : Infinity;
  }

  async #call(what: string, call: () => Promise<unknown>): Promise<unknown> {
    await this.#wait();
    const fails = this.#random() < this.settings.failureRate;
    if (fails && this.#random() < 0.5) throw this.#failure(what);
    const result = await call();
    // The call took effect, but its response is lost.
    if (fails) throw this.#failure(what);
    return result;
  }

  async #wait(): Promise<void> {
    if (this.settings.latencyMs > 0) await sleep(this.settings.latencyMs * (0.5 + this.#random()));
  }

  #failure(what: string): SsmdError {
    const PortError = this.#error ?? ConfigError;
    return new PortError("CHAOS", `${this.#port}.${what} fails on purpose`, {
      hint: "Unset SSMD_CHAOS_FAILURE_RATE to end it",
      retryable: true,
    });
  }
}

function settingsOfProcess(): ChaosSettings | undefined {
  const entries = Object.entries(VARIABLES).map(([key, name]) => [key, numberOf(name)]);
  const settings: ChaosSettings = Object.fromEntries(entries);
  const { failureRate, latencyMs, corruptionRate, dropSeconds, seed } = settings;
  if (failureRate + latencyMs + corruptionRate + dropSeconds === 0) return undefined;
  return { ...settings, seed: seed || Math.floor(Math.random() * 2 ** 31) };
}

function numberOf(name: string): number {
  const text = variable(name) ?? "";
  const value = Number(text);
  const most = name.endsWith("_RATE") ? 1 : Infinity;
  if (value >= 0 && value <= most) return value;
  throw new ConfigError("CHAOS_INVALID", `${name} is "${text}"`, {
    hint: `Set a number from 0${most === 1 ? " to 1" : ""}, or unset it`,
  });
}
