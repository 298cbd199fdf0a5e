import { ConfigError, type SsmdError, type SsmdErrorOptions } from "./errors.ts";
import type { Health } from "./health.ts";
import type { Logger } from "./log.ts";
import { sleep } from "./retry.ts";
import { seededRandom } from "./seeded_random.ts";
import { variable } from "./variable.ts";
import { withMembers } from "./with_members.ts";

/** What goes wrong on purpose, and how often. */
interface ChaosSettings {
  /** Repeats the choices of one port; their order among ports is the machine's. */
  seed: number;
  /** Share of calls that fail, 0…1: half of them are done all the same. */
  failureRate: number;
  /** Mean of what a call waits before; each waits from half of it to one and a half. */
  latencyMs: number;
  /** Share of reads that give a wrong byte, 0…1. */
  corruptionRate: number;
  /** Mean life of a connection to the bus; 0 = they are not dropped. */
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
  /** Class of the errors, as callers of the port expect it. */
  error: new (code: string, message: string, options: SsmdErrorOptions) => SsmdError;
}

/** Makes one port of a process fail as the variables SSMD_CHAOS_… say: for tests and drills. */
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

  /** One a port, of the process's variables; undefined = none of them asks for it. Throws `CHAOS_INVALID`. */
  static of(port: string): Chaos | undefined {
    if (!Chaos.#known.has(port)) {
      const settings = settingsOfProcess();
      Chaos.#known.set(port, settings && new Chaos(port, settings));
    }
    return Chaos.#known.get(port);
  }

  /** The same, logged with its seed, and a notice of the process's health. */
  static ofService(port: string, { logger, health, error }: ChaosOptions): Chaos | undefined {
    const chaos = Chaos.of(port);
    if (chaos === undefined) return undefined;
    chaos.#error = error;
    logger.warn(`calls of ${port} fail on purpose: SSMD_CHAOS_… is set`, { ...chaos.settings });
    health.component(port).notice("chaos", () => "it fails on purpose: SSMD_CHAOS_… is set");
    return chaos;
  }

  /** `port` with these methods waiting and failing; all others work. */
  disturb<T extends object>(port: T, methods: readonly (keyof T & string)[]): T {
    const disturbed = methods.flatMap((name) => {
      const method: unknown = port[name];
      if (typeof method !== "function") return [];
      return [[name, (...given: unknown[]) => this.#call(name, () => method.apply(port, given))]];
    });
    return withMembers(port, Object.fromEntries(disturbed));
  }

  /** Waits, and may throw in place of what follows. */
  async strike(what: string): Promise<void> {
    await this.#wait();
    if (this.#random() < this.settings.failureRate) throw this.#failure(what);
  }

  /** `bytes`, or a copy with a wrong one. */
  corrupt(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0 || this.#random() >= this.settings.corruptionRate) return bytes;
    const wrong = bytes.slice();
    const at = Math.floor(this.#random() * wrong.length);
    wrong[at] = (wrong[at] ?? 0) ^ (1 << Math.floor(this.#random() * 8));
    return wrong;
  }

  /** How long the next connection lives, ms; Infinity = it is not dropped. */
  nextLifeMs(): number {
    const { dropSeconds } = this.settings;
    return dropSeconds > 0 ? -Math.log(1 - this.#random()) * dropSeconds * 1000 : Infinity;
  }

  async #call(what: string, call: () => Promise<unknown>): Promise<unknown> {
    await this.#wait();
    const fails = this.#random() < this.settings.failureRate;
    if (fails && this.#random() < 0.5) throw this.#failure(what);
    const result = await call();
    // Done, and nobody is told: as an answer that got lost on its way.
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
