import { suggestion } from "@ssmd/runtime";
import { z } from "zod";
import { invalidParameter, Problem, shorten, unknownParameter } from "./problem.ts";
import type { Shape } from "./route.ts";

const INTEGER = /^-?\d{1,16}$/;
const NUMBER = /^-?\d{1,16}(\.\d{1,16})?$/;

/** Type of a parameter's value, derived from its schema. */
type Kind = "integer" | "number" | "boolean" | "list" | "text";

interface Parameter {
  name: string;
  kind: Kind;
  schema: z.ZodType;
  /** Allowed words; undefined = any. */
  words: readonly string[] | undefined;
  /** Description of valid values, for hints. */
  expected: string;
}

/**
 * Checks a set of parameters: converts texts for their schemas, refuses unknown and repeated names.
 * Built once per route.
 */
export class Parameters {
  #parameters: Map<string, Parameter>;
  #names: string[];

  constructor(shape: Shape) {
    this.#names = Object.keys(shape);
    this.#parameters = new Map(
      Object.entries(shape).map(([name, schema]) => [name, parameterOf(name, schema)]),
    );
  }

  /** Returns the values of a query. Throws {@linkcode Problem} (400). */
  ofQuery(query: URLSearchParams): Record<string, unknown> {
    const given: Record<string, string> = {};
    for (const [name, text] of query) {
      if (!this.#parameters.has(name)) throw unknownParameter(name, this.#names);
      if (Object.hasOwn(given, name)) {
        throw invalidParameter(name, "is given more than once", "give it once");
      }
      given[name] = text;
    }
    return this.check(given);
  }

  /** Returns the values of texts by name. Throws {@linkcode Problem} (400). */
  check(given: Readonly<Record<string, string>>): Record<string, unknown> {
    const values: Record<string, unknown> = {};
    for (const parameter of this.#parameters.values()) {
      const { name, schema } = parameter;
      const text = Object.hasOwn(given, name) ? given[name] : undefined;
      const result = schema.safeParse(text === undefined ? undefined : valueOf(parameter, text));
      if (!result.success) throw invalidValue(parameter, text, result.error);
      if (result.data !== undefined) values[name] = result.data;
    }
    return values;
  }
}

function parameterOf(name: string, schema: z.ZodType): Parameter {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const { type, enum: words } = json;
  const kind: Kind = type === "integer" || type === "number" || type === "boolean"
    ? type
    : type === "array"
    ? "list"
    : "text";
  const items = json.items as { enum?: unknown[] } | undefined;
  const allowed = (words ?? items?.enum)?.map(String);
  return { name, kind, schema, words: allowed, expected: expectedOf(name, json, allowed) };
}

function expectedOf(
  name: string,
  json: z.core.JSONSchema.BaseSchema,
  words: readonly string[] | undefined,
): string {
  if (words !== undefined) return `allowed: ${words.join(", ")}`;
  if (json.minimum !== undefined && json.maximum !== undefined) {
    const example = json.default ?? json.minimum;
    return `give ${name}=${example}, or another number from ${json.minimum} to ${json.maximum}`;
  }
  const [example] = (json.examples ?? []) as unknown[];
  const sentence = json.description ?? "see /docs";
  return example === undefined ? sentence : `for example ${name}=${String(example)}; ${sentence}`;
}

/** Converts a text for its schema; returns an invalid text as it is, for the schema to refuse. */
function valueOf({ kind }: Parameter, text: string): unknown {
  if (kind === "integer") return INTEGER.test(text) ? Number(text) : text;
  if (kind === "number") return NUMBER.test(text) ? Number(text) : text;
  if (kind === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (kind === "list") return text.split(",");
  return text;
}

function invalidValue(parameter: Parameter, text: string | undefined, error: z.ZodError): Problem {
  const { name, kind, words, expected } = parameter;
  if (text === undefined) return invalidParameter(name, "is missing", expected);
  const [issue] = error.issues;
  if (words !== undefined) {
    const wrong = kind === "list" ? text.split(",").find((word) => !words.includes(word)) : text;
    const shown = shorten(wrong ?? text);
    return invalidParameter(name, `is unknown: "${shown}"`, suggestion(shown, words));
  }
  if (kind === "integer" || kind === "number") {
    const what = kind === "integer" ? "whole number" : "number";
    return invalidParameter(name, `is no ${what} in its range`, expected);
  }
  const why = issue?.code === "custom" ? issue.message : whyOf(issue);
  return invalidParameter(name, why, expected);
}

function whyOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === "too_big") return `is longer than ${issue.maximum}`;
  if (issue?.code === "too_small") return "is empty";
  return "is not what it must be";
}
