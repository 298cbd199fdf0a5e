import { ArchiveError, type Logger, messageOf, StorageError } from "@ssmd/runtime";
import { AccessDenied } from "../access/access_denied.ts";
import { ArchiveBusy } from "../history/reading_slots.ts";
import { Problem, problemReply, shorten } from "./problem.ts";
import type { Reply } from "./reply.ts";

/** Returns the answer for a handler's error; logs errors that are not the caller's. */
export function errorReply(error: unknown, target: string, logger: Logger): Reply {
  if (error instanceof Problem || error instanceof AccessDenied) return problemReply(error);
  if (error instanceof ArchiveBusy) {
    const { code, message, hint } = error;
    const headers = { "retry-after": "1" };
    return problemReply(new Problem(code, message, { status: 503, hint, headers }));
  }
  logger.error("request failed", { target: shorten(target), error: messageOf(error) });
  return problemReply(internalProblem(error));
}

/** Returns a problem without file names or addresses, which only the log contains. */
function internalProblem(error: unknown): Problem {
  if (error instanceof StorageError || error instanceof ArchiveError) {
    const hint = "ask again later, or for what is in memory; the gateway's log says what is wrong";
    const detail = "the archive cannot be read now";
    return new Problem("ARCHIVE_UNAVAILABLE", detail, {
      status: 503,
      hint,
      headers: { "retry-after": "5" },
    });
  }
  const hint = "the gateway's log says what is wrong";
  return new Problem("INTERNAL", "The gateway could not answer", { status: 500, hint });
}
