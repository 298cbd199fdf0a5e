import type { JsonRecord } from "@ssmd/journal";
import { messageOf, runningProcesses, SsmdError } from "@ssmd/runtime";
import { z } from "zod";

const ANSWER_MS_MAX = 5_000;

const FEEDS = z.object({
  feeds: z.array(z.object({
    feed: z.string(),
    connection: z.object({ state: z.string(), why: z.string().nullable() }),
  })),
});
const READINESS = z.object({
  ready: z.boolean(),
  reasons: z.array(z.string()).default([]),
  conditions: z.array(z.object({ component: z.string(), reason: z.string() })).default([]),
});

/** Running services of an environment, as reported by this machine's gateway. */
export class RunningServices {
  #url: string;
  #component: string;

  private constructor(url: string, component: string) {
    this.#url = url;
    this.#component = component;
  }

  /** Finds the services of a data folder; undefined when none runs. */
  static async find(dataDir: string, env: string): Promise<RunningServices | undefined> {
    const [running] = await runningProcesses(dataDir, env);
    return running && new RunningServices(running.url, running.component);
  }

  /** Throws SsmdError `SERVICE_NOT_READY` (retryable) unless the gateway is alive. */
  async assertGateway(): Promise<JsonRecord> {
    const { status } = await this.#ask("/health");
    if (status === 200) return { url: this.#url, component: this.#component };
    throw notReady(`${this.#url}/health answers ${status}`);
  }

  /** Throws as {@linkcode RunningServices.assertGateway} unless a feed is live. */
  async assertLive(feed: string): Promise<JsonRecord> {
    const { status, body } = await this.#ask("/v1/feeds");
    // The gateway requires API keys; readiness is public.
    if (status === 401) return await this.assertReady();
    const { feeds } = FEEDS.parse(body);
    const connection = feeds.find((each) => each.feed === feed)?.connection;
    if (connection?.state === "live") return { state: "live" };
    const why = connection?.why ?? "nothing was heard of it";
    throw notReady(`${feed} is ${connection?.state ?? "not there"}: ${why}`);
  }

  /** Throws as {@linkcode RunningServices.assertGateway} when an archiver here is not ready. */
  async assertArchiving(): Promise<JsonRecord> {
    const { conditions } = READINESS.parse((await this.#ask("/health/ready")).body);
    const reasons = conditions.filter(({ component }) => component === "archiver");
    if (reasons.length === 0) return { failing: 0 };
    throw notReady(reasons.map(({ reason }) => reason).join("; "));
  }

  /** Throws as {@linkcode RunningServices.assertGateway} unless all services are ready. */
  async assertReady(): Promise<JsonRecord> {
    const { ready, reasons } = READINESS.parse((await this.#ask("/health/ready")).body);
    if (ready) return { ready };
    throw notReady(reasons.join("; ") || `${this.#url} is not ready`);
  }

  async #ask(path: string): Promise<{ status: number; body: unknown }> {
    try {
      const signal = AbortSignal.timeout(ANSWER_MS_MAX);
      const answer = await fetch(`${this.#url}${path}`, { signal });
      return { status: answer.status, body: await answer.json() };
    } catch (error) {
      throw notReady(`${this.#url} does not answer: ${messageOf(error)}`);
    }
  }
}

/** Returns the error for no running service on this machine. */
export function nothingRuns(dataDir: string): SsmdError {
  return new SsmdError("NOTHING_RUNS", `Nothing runs on ${dataDir}`, {
    hint: "Start it with `ssmd up`; what captures on other machines needs no start from here",
    retryable: true,
  });
}

function notReady(message: string): SsmdError {
  return new SsmdError("SERVICE_NOT_READY", message, {
    hint: "`ssmd status` tells how everything is; the step is tried again",
    retryable: true,
  });
}
