import { nearest, suggestion } from "@ssmd/runtime";
import { z } from "zod";
import type { Role } from "../access/role.ts";
import { Problem, shorten } from "../http/problem.ts";
import type { Found } from "./answer.ts";
import type { AskRoute } from "../http/ask.ts";

/** Hints for clients about a tool's effects. */
interface Annotations {
  readOnlyHint: boolean;
  /** Whether repeating a call with the same arguments has no further effect. */
  idempotentHint?: boolean;
}

/** A tool in listed form. */
export interface ToolInfo {
  name: string;
  description: string;
  /** JSON Schema of the arguments object. */
  inputSchema: { type: "object" } & Record<string, unknown>;
  annotations: Annotations;
}

/** A tool: its listing, its role and its function. */
export interface Tool {
  readonly info: ToolInfo;
  /** Required role. */
  readonly role: Role;
  /** Throws {@linkcode Problem} for invalid arguments and when a route refuses. */
  run(args: unknown, ask: AskRoute): Promise<Found>;
}

interface ToolSpec<S extends z.ZodRawShape> {
  name: string;
  /** Highest role that its routes require. */
  role: Role;
  description: string;
  input: S;
  annotations?: Annotations;
  run: (args: z.output<z.ZodObject<S>>, ask: AskRoute) => Promise<Found>;
}

/** Declares a tool and generates its schema. */
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
      // Safe: the schema is the strict object of these fields.
      return spec.run(result.data as z.output<z.ZodObject<S>>, ask);
    },
  };
}

/** Returns the tool with this name. Throws {@linkcode Problem} that suggests the nearest name. */
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
