import type { Logger } from "@ssmd/runtime";
import { AccessDenied } from "../access/access_denied.ts";
import { errorReply } from "../http/error_reply.ts";
import { Problem } from "../http/problem.ts";
import type { Access } from "../access/access.ts";
import type { ToolBackend, ToolResult } from "./tool_backend.ts";
import type { CallContext, Toolbox } from "./toolbox.ts";

/** Handles the calls of one caller in this process. */
export function localBackend(
  { toolbox, logger, access }: { toolbox: Toolbox; logger: Logger; access: () => Access },
): ToolBackend {
  const contextOf = (program: string): CallContext => ({
    access: access(),
    caller: { client: access().client, program, transport: "http" },
  });
  return {
    call: (name, args, program) =>
      resultOf(() => toolbox.call(name, args, contextOf(program)), name, logger),
    approve: (signal, program) =>
      resultOf(() => toolbox.approve(signal, contextOf(program)), "approval", logger),
    read: async (uri, program) => {
      let isKnown = true;
      const result = await resultOf(
        async () => {
          const text = await toolbox.read(uri, contextOf(program));
          isKnown = text !== undefined;
          return text ?? "";
        },
        uri,
        logger,
      );
      return isKnown ? result : undefined;
    },
  };
}

async function resultOf(
  run: () => Promise<string>,
  what: string,
  logger: Logger,
): Promise<ToolResult> {
  try {
    return { text: await run(), isError: false };
  } catch (error) {
    return { text: errorText(error, what, logger), isError: true };
  }
}

/** Returns the text of an error; logs errors that are not the caller's. */
function errorText(error: unknown, what: string, logger: Logger): string {
  if (error instanceof Problem || error instanceof AccessDenied) {
    const { code, message, hint } = error;
    return JSON.stringify({ error: { code, message, hint } });
  }
  const { code, detail, hint } = JSON.parse(errorReply(error, what, logger).body as string);
  return JSON.stringify({ error: { code, message: detail, hint } });
}
