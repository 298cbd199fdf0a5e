import type { AuditDraft, AuditQueue } from "@ssmd/audit";
import { ConfigError, type Logger, SsmdError } from "@ssmd/runtime";
import { AccessAudit } from "../access/access_audit.ts";
import { AccessDenied } from "../access/access_denied.ts";
import { withoutSecrets } from "../access/api_key.ts";
import { AUDIT_LIMITS } from "../access/limits.ts";
import { Problem } from "./problem.ts";
import type { Route } from "./route.ts";

/** A call of a route, before any check. */
interface RouteCall {
  /** Name of the client; empty in an environment without keys. */
  client: string;
  /** Address or program of the caller. */
  address: string;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
}

/** Resolves with why changes are refused now; undefined = they are allowed. */
type ReadOnlyCheck = () => Promise<ConfigError | undefined>;

/**
 * Audits each call of a route that makes a change, and refused callers. Refuses such calls while
 * the environment is read-only.
 */
export class RouteAudit {
  #queue: AuditQueue | undefined;
  #readOnly: ReadOnlyCheck | undefined;
  #refusals: AccessAudit | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(queue: AuditQueue | undefined, logger: Logger, readOnly?: ReadOnlyCheck) {
    this.#queue = queue;
    this.#readOnly = readOnly;
    if (queue === undefined) return;
    const append = (record: Record<string, unknown>) =>
      Promise.resolve(queue.add(refusalOf(record)));
    const refusals = this.#refusals = new AccessAudit(append, logger, Date.now);
    this.#timer = setInterval(() => refusals.endWindow(), AUDIT_LIMITS.windowMs);
  }

  /** Runs a call and writes its event: done, refused, or failed. */
  async run<T>(route: Route, call: RouteCall, body: () => T | Promise<T>): Promise<T> {
    if (route.changes === undefined) return await body();
    try {
      await this.#assertWritable(route);
      const result = await body();
      this.#add(route, call, { outcome: "done", reason: "" });
      return result;
    } catch (error) {
      const reason = error instanceof SsmdError ? error.code : "UNEXPECTED";
      this.#add(route, call, { outcome: reason === "UNEXPECTED" ? "failed" : "refused", reason });
      throw error;
    }
  }

  /** Routes of tag Access are exempt: sessions and tickets do not change the environment. */
  async #assertWritable({ tag }: Route): Promise<void> {
    const error = tag === "Access" ? undefined : await this.#readOnly?.();
    if (error === undefined) return;
    throw new Problem(error.code, error.message, { status: 403, hint: error.hint });
  }

  /** Audits a refused caller and rethrows: one event per kind, then a count a minute. */
  refuseCaller(error: unknown, { method, path }: Route, address: string): never {
    if (error instanceof AccessDenied) {
      // Counted per route, because their number is bounded.
      const what = `${method} ${path}`;
      this.#refusals?.add({ code: error.code, client: "", key: what, address, what });
    }
    throw error;
  }

  /** Writes the pending counts of refusals. */
  close(): void {
    clearInterval(this.#timer);
    this.#refusals?.endWindow();
  }

  #add(
    { changes: category, id, method, path }: Route,
    { client, address, params, query }: RouteCall,
    end: Pick<AuditDraft, "outcome" | "reason">,
  ): void {
    if (category === undefined) return;
    const clean = (text: string) => withoutSecrets(text).slice(0, AUDIT_LIMITS.whatCharactersMax);
    const given = [...query].filter(([name]) => !SECRET_PARAMETERS.has(name)).slice(0, QUERY_MAX);
    this.#queue?.add({
      ...{ category, actor: client === "" ? address : client, action: id, ...end },
      target: clean(Object.values(params).join(" ")),
      metadata: {
        route: `${method} ${path}`,
        address,
        ...Object.fromEntries(given.map(([name, value]) => [clean(name), clean(value)])),
      },
    });
  }
}

/** Parameters with a secret: a ticket, and the code of a sign-in. */
const SECRET_PARAMETERS: ReadonlySet<string> = new Set(["ticket", "code"]);
/** Maximum number of query parameters in an event. */
const QUERY_MAX = 16;

function refusalOf({ code, address, what, count, until }: Record<string, unknown>): AuditDraft {
  return {
    ...{ category: "security-events", actor: String(address), action: "caller refused" },
    ...{ target: String(what), outcome: "refused", reason: String(code) },
    metadata: { count: Number(count), ...(until === undefined ? {} : { until: String(until) }) },
  };
}
