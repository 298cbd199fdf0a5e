import type { Rest } from "./rest.ts";

/** Policy action on a fire, from the gateway. */
export interface ActionInfo {
  id: string;
  fire: string;
  signal: string;
  symbol: string;
  policy: string;
  action: string;
  type: string;
  state: string;
  chosen_by: string;
  model: string;
  reason: string;
  problem: string;
  hash: string;
}

/** Item waiting for approval: a signal or a policy action. */
export interface Waiting {
  thread: string;
  hash: string;
  title: string;
  /** Exact text of what would be committed or done. */
  text: string;
}

interface ThreadInfo {
  thread: string;
  hash: string | null;
  detail: string;
  model: string;
  source: string | null;
  checks: string[];
}

/** Agent actions and approvals; sends no requests once it is known that there are no agents. */
export class Actions {
  #rest: Rest;
  /** Whether agents answer; undefined = unknown. */
  #isThere: boolean | undefined;

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  /** Checks again whether there are agents. */
  restart(): void {
    this.#isThere = undefined;
  }

  /** Newest actions by fire id. */
  async byFire(most: number): Promise<Map<string, ActionInfo[]>> {
    const body = await this.#get(`/v1/actions?limit=${most}`);
    const actions = (body?.["actions"] ?? []) as ActionInfo[];
    return Map.groupBy(actions, ({ fire }) => fire);
  }

  /** Items waiting for approval; visible to administrators only. */
  async waiting(): Promise<Waiting[]> {
    const body = await this.#get("/v1/admin/agent/waiting");
    const threads = ((body?.["threads"] ?? []) as ThreadInfo[]).map((each) => ({
      ...{ thread: each.thread, hash: each.hash ?? "", title: `Signal ${each.detail}` },
      text: `${each.source ?? ""}\n${each.checks.join(", ")}\nmodel: ${each.model}`,
    }));
    const actions = ((body?.["actions"] ?? []) as ActionInfo[]).map((each) => ({
      ...{ thread: each.id, hash: each.hash },
      title: `${each.policy}: ${each.action} (${each.type}) for ${each.signal} on ${each.symbol}`,
      text: `${each.reason}\nmodel: ${each.model || "none"}`,
    }));
    return [...threads, ...actions];
  }

  /** Approves or rejects exactly what was shown, by hash; returns the problem, "" = none. */
  async decide({ thread, hash }: Waiting, decision: "approve" | "reject"): Promise<string> {
    const path = `/v1/admin/agent/threads/${encodeURIComponent(thread)}/${decision}?hash=${hash}`;
    const answer = await this.#rest.post(path);
    return answer.ok ? "" : answer.detail;
  }

  async #get(path: string): Promise<Record<string, unknown> | undefined> {
    if (this.#isThere === false) return undefined;
    const answer = await this.#rest.get(path);
    if (answer.ok) return answer.body;
    if (answer.status !== 0) this.#isThere = false;
    return undefined;
  }
}
