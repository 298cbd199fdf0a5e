import type { Metrics } from "@ssmd/runtime";
import { Problem } from "../http/problem.ts";
import type { Access } from "../access/access.ts";
import { mayActAs, roleMissing } from "../access/role.ts";
import { boundedText, type Found } from "./answer.ts";
import { type AskRoute, pathOf } from "../http/ask.ts";
import type { CallRate } from "../http/call_rate.ts";
import { readResource } from "./resources.ts";
import { toolNamed } from "./tool.ts";
import { type ToolCaller, ToolClients } from "./tool_clients.ts";
import { TOOLS } from "./tools/index.ts";

/** A caller and its access. */
export interface CallContext {
  access: Access;
  caller: ToolCaller;
}

/** Options of {@linkcode Toolbox}. */
interface ToolboxOptions {
  /** Returns a function that calls routes as a caller. */
  askAs: (access: Access, program: string) => AskRoute;
  rate: CallRate;
  metrics: Metrics;
}

/** Calls tools and reads resources for callers, within their entitlements and limits. */
export class Toolbox {
  readonly clients: ToolClients = new ToolClients();
  #options: ToolboxOptions;
  #calls;

  constructor(options: ToolboxOptions) {
    this.#options = options;
    this.#calls = options.metrics.counter("tool_calls_total", "Calls of tools.", [
      "tool",
      "result",
    ]);
  }

  /**
   * Calls a tool; returns its answer as JSON text. Throws Problem and AccessDenied for refused
   * calls, and whatever else a route's handler throws.
   */
  async call(name: string, args: unknown, context: CallContext): Promise<string> {
    const tool = TOOLS.has(name) ? name : "unknown";
    let result = "error";
    try {
      const text = await this.#run(context, (ask) => {
        const { role, run } = toolNamed(TOOLS, name);
        if (!mayActAs(context.access.role, role)) throw roleMissing(context.access, role);
        return run(args, ask);
      });
      result = "ok";
      return text;
    } finally {
      this.#calls.inc({ tool, result });
      this.clients.add(context.caller, tool, result === "error");
    }
  }

  /** Approves a signal on behalf of its caller. Throws as {@linkcode call}. */
  async approve(
    { thread, hash }: { thread: string; hash: string },
    context: CallContext,
  ): Promise<string> {
    const path = pathOf("/v1/admin/agent/threads", thread, "/approve");
    return await this.#run(context, async (ask) => ({
      data: await ask({ method: "POST", path, query: { hash } }),
      condition: "complete",
    }));
  }

  /** Reads a resource as JSON text; undefined = unknown URI. Throws as {@linkcode call}. */
  async read(uri: string, context: CallContext): Promise<string | undefined> {
    const read = readResource(uri);
    return read && await this.#run(context, read);
  }

  async #run(
    { access, caller }: CallContext,
    find: (ask: AskRoute) => Promise<Found>,
  ): Promise<string> {
    // Without keys all callers are local: rate-limit each program separately.
    this.#options.rate.takeCall(caller.client || `local ${caller.program}`);
    try {
      return boundedText(await find(this.#options.askAs(access, caller.program)));
    } catch (error) {
      throw error instanceof Problem ? toolProblem(error) : error;
    }
  }
}

/** Replaces hints that name REST paths by hints for callers of tools. */
function toolProblem(problem: Problem): Problem {
  if (!problem.hint.includes("/v1/")) return problem;
  const { code, message, status, headers } = problem;
  const hint = code === "UNKNOWN_SYMBOL" ? "list_markets lists them" : "see the tool's schema";
  return new Problem(code, message, { status, hint, headers });
}
