import type { ToolBackend, ToolResult } from "./tool_backend.ts";

/** A remote gateway. */
interface RemoteGateway {
  /** `http://127.0.0.1:8080` */
  url: string;
  /** Headers with the caller's key, if the gateway requires one. */
  headers: Readonly<Record<string, string>>;
}

/** Timeout of a request to the gateway, ms. */
const ANSWER_MS_MAX = 90_000;

/** Forwards calls to a gateway, which applies the caller's entitlements and limits. */
export function remoteBackend(gateway: RemoteGateway): ToolBackend {
  return {
    call: (name, args, program) =>
      request(gateway, `/v1/tools/${encodeURIComponent(name)}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-ssmd-program": program },
        body: JSON.stringify(args ?? {}),
      }),
    approve: ({ thread, hash }, program) => {
      const path = `/v1/admin/agent/threads/${encodeURIComponent(thread)}/approve`;
      return request(gateway, `${path}?hash=${encodeURIComponent(hash)}`, {
        ...{ method: "POST", headers: { "x-ssmd-program": program } },
      });
    },
    read: async (uri, program) => {
      const path = `/v1/resource?uri=${encodeURIComponent(uri)}`;
      const result = await request(gateway, path, { headers: { "x-ssmd-program": program } });
      return result.isError && result.text.includes('"UNKNOWN_RESOURCE"') ? undefined : result;
    },
  };
}

async function request(
  { url, headers }: RemoteGateway,
  path: string,
  init: RequestInit & { headers: Record<string, string> },
): Promise<ToolResult> {
  let response: Response;
  try {
    response = await fetch(url + path, {
      ...init,
      headers: { ...headers, ...init.headers },
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    const text = await response.text();
    if (response.ok) return { text, isError: false };
    return errorResult(text, response.status, url);
  } catch {
    const hint = "start it with ssmd up, or say where it is with --url";
    return failed("GATEWAY_UNREACHABLE", `no gateway answers at ${url}`, hint);
  }
}

function errorResult(text: string, status: number, url: string): ToolResult {
  try {
    const { code, detail, hint } = JSON.parse(text);
    if (typeof code === "string") return failed(code, String(detail), String(hint));
  } catch {
    // Reported below: the server is not a gateway.
  }
  const hint = "is this the address of a gateway?";
  return failed("GATEWAY_REFUSED", `${url} answers with HTTP ${status}`, hint);
}

function failed(code: string, message: string, hint: string): ToolResult {
  return { text: JSON.stringify({ error: { code, message, hint } }), isError: true };
}
