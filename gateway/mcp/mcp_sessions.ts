import {
  type AuthInfo,
  isInitializeRequest,
  isLegacyRequest,
  type McpServerFactory,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import type { Access } from "../access/access.ts";
import { MCP_LIMITS } from "./limits.ts";

/** Session of a 2025-11-25 client, from `initialize` to `DELETE`; needed to send it requests. */
interface Session {
  transport: WebStandardStreamableHTTPServerTransport;
  /** Access of the newest request. */
  access: Access;
}

/**
 * Sessions of the protocol's older era; the least recently used is evicted. An id grants nothing:
 * each request has its own access. An unknown id, as from before a restart, counts as no session.
 */
export class McpSessions {
  #sessions = new Map<string, Session>();
  #ended = new Set<string>();
  #serve;

  constructor(serve: (access: () => Access) => ReturnType<McpServerFactory>) {
    this.#serve = serve;
  }

  /** Answers a request that opens or belongs to a session; undefined = no session is involved. */
  async fetch(
    request: Request,
    given: { authInfo: AuthInfo; parsedBody?: unknown },
    access: Access,
  ): Promise<Response | undefined> {
    const id = request.headers.get("mcp-session-id");
    if (id === null) return await this.#open(request, given, access);
    if (this.#ended.has(id)) return new Response("The session has ended", { status: 404 });
    const session = this.#sessions.get(id);
    // No stream for GET: nothing is ever sent on it.
    if (session?.access.client !== access.client || request.method === "GET") return undefined;
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    session.access = access;
    return await session.transport.handleRequest(request, given);
  }

  async #open(
    request: Request,
    given: { authInfo: AuthInfo; parsedBody?: unknown },
    access: Access,
  ): Promise<Response | undefined> {
    const { parsedBody } = given;
    if (!isInitializeRequest(parsedBody)) return undefined;
    if (!await isLegacyRequest(request, parsedBody)) return undefined;
    const session: Session = {
      access,
      transport: new WebStandardStreamableHTTPServerTransport({
        sessionIdGenerator: () => crypto.randomUUID(),
        onsessioninitialized: (id) => this.#add(id, session),
        onsessionclosed: (id) => this.#end(id),
      }),
    };
    await (await this.#serve(() => session.access)).connect(session.transport);
    return await session.transport.handleRequest(request, given);
  }

  #add(id: string, session: Session): void {
    this.#sessions.set(id, session);
    if (this.#sessions.size <= MCP_LIMITS.sessionsMax) return;
    for (const [quiet, { transport }] of this.#sessions) {
      this.#sessions.delete(quiet);
      return void transport.close();
    }
  }

  #end(id: string): void {
    this.#sessions.delete(id);
    this.#ended.add(id);
    if (this.#ended.size <= MCP_LIMITS.sessionsMax) return;
    this.#ended.delete(this.#ended.values().next().value as string);
  }
}
