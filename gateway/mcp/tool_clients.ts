import { isoOfUs, nowUs } from "@ssmd/runtime";
import { z } from "zod";
import { MCP_LIMITS } from "./limits.ts";

/** A client of the tools, as shown by the administration. */
export const TOOL_CLIENT = z.strictObject({
  client: z.string().describe("Client of the key; empty in an environment without keys."),
  program: z.string().describe("Name and version that the client states."),
  transport: z.enum(["http", "stdio", "rest"]),
  calls: z.int(),
  errors: z.int().describe("Calls that were refused or failed."),
  last_tool: z.string(),
  first_at: z.string().describe("ISO 8601"),
  last_at: z.string().describe("ISO 8601"),
});

type ToolClient = z.output<typeof TOOL_CLIENT>;

/** Identity of a caller of tools. */
export interface ToolCaller {
  /** Client of its key; empty in an environment without keys. */
  client: string;
  program: string;
  transport: ToolClient["transport"];
}

/** Clients that called tools since the start; the least recently active is evicted. */
export class ToolClients {
  #clients = new Map<string, ToolClient>();

  /** Counts a call. */
  add({ client, program, transport }: ToolCaller, tool: string, isError: boolean): void {
    const key = [client, transport, program].join("\0");
    const at = isoOfUs(nowUs());
    const known = this.#clients.get(key);
    this.#clients.delete(key);
    this.#clients.set(key, {
      ...{ client, program, transport, last_tool: tool, last_at: at },
      first_at: known?.first_at ?? at,
      calls: (known?.calls ?? 0) + 1,
      errors: (known?.errors ?? 0) + (isError ? 1 : 0),
    });
    if (this.#clients.size <= MCP_LIMITS.clientsMax) return;
    this.#clients.delete(this.#clients.keys().next().value as string);
  }

  /** Returns all clients, the latest first. */
  list(): ToolClient[] {
    return [...this.#clients.values()].reverse();
  }
}
