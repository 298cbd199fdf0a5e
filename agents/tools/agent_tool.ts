import { nearest, SsmdError } from "@ssmd/runtime";
import { z } from "zod";

/** A tool for agent graphs; each call is audited. */
interface AgentTool<I extends z.ZodType = z.ZodType, O = unknown> {
  description: string;
  input: I;
  run(args: z.output<I>): Promise<O>;
}

/** Declares a tool. */
export function agentTool<I extends z.ZodType, O>(tool: AgentTool<I, O>): AgentTool<I, O> {
  return tool;
}

/** Calls a tool. Throws SsmdError `TOOL_UNKNOWN`, `TOOL_ARGUMENTS`, and the tool's errors. */
export async function callAgentTool(
  tools: Readonly<Record<string, AgentTool>>,
  name: string,
  args: unknown,
): Promise<unknown> {
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (tool === undefined) {
    const near = nearest(name, Object.keys(tools)) ?? Object.keys(tools).join(", ");
    throw new SsmdError("TOOL_UNKNOWN", `Agents have no tool "${name}"`, {
      hint: `Call ${near}`,
    });
  }
  const parsed = tool.input.safeParse(args);
  if (parsed.success) return await tool.run(parsed.data);
  const [issue] = parsed.error.issues;
  throw new SsmdError("TOOL_ARGUMENTS", `${name} cannot be called so`, {
    hint: `${issue?.path.join(".") || "arguments"}: ${issue?.message}`,
  });
}
