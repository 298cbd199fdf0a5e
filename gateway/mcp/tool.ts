import { nearest, suggestion } from "@ssmd/runtime";
import { z } from "zod";
import type { Role } from "../access/role.ts";
import { Problem, shorten } from "../http/problem.ts";
import type { Found } from "./answer.ts";
import type { AskRoute } from "../http/ask.ts";

/** Hints for clients about what a tool does. */
interface Annotations {
  readOnlyHint: boolean;
  /** Whether calling it again with the same arguments changes nothing more. */
  idempotentHint?: boolean;
}

/** A tool as it is listed. */
export interface ToolInfo {
  name: string;
  description: string;
  /** JSON Schema of an object. */
  inputSchema: { type: "object" } & Record<string, unknown>;
  annotations: Annotations;
}

/** A tool: its listing and what it does with a caller's routes. */
export interface Tool {
  readonly info: ToolInfo;
  /** The role that it needs. */
  readonly role: Role;
  /** Throws {@linkcode Problem} for arguments that do not fit and for what routes refuse. */
  run(args: unknown, ask: AskRoute): Promise<Found>;
}

interface ToolSpec<S extends z.ZodRawShape> {
  name: string;
  /** The highest that its routes need. */
  role: Role;
  description: string;
  input: S;
  annotations?: Annotations;
  run: (args: z.output<z.ZodObject<S>>, ask: AskRoute) => Promise<Found>;
}

/** Declares a tool; its schema is made once. */
export function defineTool<const S extends z.ZodRawShape>(spec: ToolSpec<S>): Tool {
  const schema = z.strictObject(spec.input);
  const { $schema: _, ...inputSchema } = z.toJSONSchema(schema, { io: "input" });
  return {
    role: spec.role,
    info: {
      name: spec.name,
      description: spec.description,
      inputSchema: inputSchema as ToolInfo["inputSchema"],
      annotations: spec.annotations ?? { readOnlyHint: true },
    },
    run: (args, ask) => {
      const result = schema.safeParse(args ?? {});
      if (!result.success) throw invalidArgument(result.error, args, Object.keys(spec.input));
      // The strict object of these very fields.
      return spec.run(result.data as z.output<z.ZodObject<S>>, ask);
    },
  };
}

/** The tool of this name. Throws {@linkcode Problem} with the nearest name. */
export function toolNamed(tools: ReadonlyMap<string, Tool>, name: string): Tool {
  const tool = tools.get(name);
  if (tool !== undefined) return tool;
  const shown = shorten(name);
  const near = nearest(shown, tools.keys());
  throw new Problem("UNKNOWN_TOOL", `There is no tool "${shown}"`, {
    status: 404,
    hint: near === undefined ? `Tools: ${[...tools.keys()].join(", ")}` : `Did you mean "${near}"?`,
  });
}

function invalidArgument({ issues }: z.ZodError, args: unknown, names: string[]): Problem {
  // A misspelt name explains why another one is missing.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  if (issue?.code === "unrecognized_keys") {
    const name = shorten(String(issue.keys[0]));
    const hint = names.length === 0 ? "It takes none" : suggestion(name, names);
    return new Problem("UNKNOWN_ARGUMENT", `Unknown argument "${name}"`, { status: 400, hint });
  }
  const name = shorten(issue?.path.join(".") || "arguments");
  if (issue?.code === "invalid_value") {
    const given = (args as Record<string, unknown>)[String(issue.path[0])];
    const hint = suggestion(shorten(String(given)), issue.values.map(String));
    return new Problem("INVALID_ARGUMENT", `${name} is unknown`, { status: 400, hint });
  }
  const hint = issue?.message ?? "see the tool's schema";
  return new Problem("INVALID_ARGUMENT", `${name} is not what it must be`, { status: 400, hint });
}
