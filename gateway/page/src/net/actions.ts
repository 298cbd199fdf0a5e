import type { Rest } from "./rest.ts";

/** What a policy did about a fire, as the gateway tells it. */
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

/** Something that waits for an approval: a signal, or what a policy wants to do. */
export interface Waiting {
  thread: string;
  hash: string;
  title: string;
  /** What would be committed or done, word for word. */
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

/** What agents of the environment did and wait for; nothing is asked where there are none. */
export class Actions {
  #rest: Rest;
  /** Whether agents answer; undefined = not known yet. */
  #isThere: boolean | undefined;

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  /** Looks again whether there are agents. */
  restart(): void {
    this.#isThere = undefined;
  }

  /** The newest actions by the fires that they are about. */
  async byFire(most: number): Promise<Map<string, ActionInfo[]>> {
    const body = await this.#get(`/v1/actions?limit=${most}`);
    const actions = (body?.["actions"] ?? []) as ActionInfo[];
    return Map.groupBy(actions, ({ fire }) => fire);
  }

  /** What waits for an approval; only administrators may know. */
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

  /** Decides on exactly what was shown; gives what is wrong, "" = nothing. */
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
