import { GATEWAY_LIMITS } from "../limits.ts";
import { Problem } from "./problem.ts";

/** Parses the target of a request. Throws {@linkcode Problem} (400, 414). */
export function parseTarget(target: string): { path: string; query: URLSearchParams } {
  if (target.length > GATEWAY_LIMITS.urlCharactersMax) {
    const most = GATEWAY_LIMITS.urlCharactersMax;
    throw new Problem("URL_TOO_LONG", "The address is too long", {
      status: 414,
      hint: `At most ${most} characters`,
    });
  }
  if (!target.startsWith("/")) {
    const hint = "write the path alone, beginning with /";
    throw new Problem("INVALID_PATH", "The address is not one of this server", {
      status: 400,
      hint,
    });
  }
  const mark = target.indexOf("?");
  return {
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? "" : target.slice(mark + 1)),
  };
}
