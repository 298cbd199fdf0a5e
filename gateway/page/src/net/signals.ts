import type { RestCalls } from "./answer.ts";

/** Signal, from the gateway. */
export interface SignalInfo {
  id: string;
  title: string;
  version: number;
  state: "running" | "disabled" | "quarantined" | "failed";
  why: string;
  feeds: string[];
  symbols: string[];
  params: Record<string, string | number | boolean>;
  /** null = not visible with this key. */
  fires: number | null;
  errors: number | null;
  last_fire: number | null;
}

/** Signal fire, from the gateway. */
export interface FireInfo {
  id: string;
  signal: string;
  symbol: string;
  feed: string;
  recv_ts: number;
  values: Record<string, unknown>;
}

/** Signals of the environment and their fires. */
export class Signals {
  #rest: RestCalls;
  /** Signals of the last answer. */
  list: readonly SignalInfo[] = [];
  /** Whether there are signals; undefined = unknown. */
  isThere: boolean | undefined;

  constructor(rest: RestCalls) {
    this.#rest = rest;
  }

  /** Loads the signals; returns the problem, "" = none. */
  async read(): Promise<string> {
    const answer = await this.#rest.get("/v1/signals");
    if (!answer.ok) {
      if (answer.status !== 0) this.isThere = false;
      return answer.status === 0 ? "" : answer.detail;
    }
    this.list = answer.body["signals"] as SignalInfo[];
    this.isThere = this.list.length > 0;
    return "";
  }

  /** Newest fires of all signals, newest first; undefined = not all of them answered. */
  async fires(query: string, most: number): Promise<FireInfo[] | undefined> {
    const parts = await Promise.all(this.list.map(async ({ id }) => {
      const path = `/v1/signals/${encodeURIComponent(id)}/fires?limit=${most}${query}`;
      const answer = await this.#rest.get(path);
      return answer.ok ? answer.body["fires"] as FireInfo[] : undefined;
    }));
    const known = parts.filter((part) => part !== undefined);
    if (known.length < parts.length) return undefined;
    return known.flat().sort((a, b) => b.recv_ts - a.recv_ts).slice(0, most);
  }

  /** Enables or disables a signal; returns the problem, "" = none. */
  async setEnabled(id: string, isEnabled: boolean): Promise<string> {
    const action = isEnabled ? "enable" : "disable";
    const path = `/v1/admin/signals/${encodeURIComponent(id)}/${action}`;
    const answer = await this.#rest.post(path);
    return answer.ok ? "" : answer.detail;
  }
}
