import { Ajv2020, type AnySchema } from "ajv/dist/2020.js";

type Json = Record<string, unknown>;

/** An answer in a description: its location and example. */
export interface DescribedAnswer {
  path: string;
  method: string;
  status: string;
  type: string;
  example?: unknown;
}

/** An OpenAPI description, read with an independent validator. */
export class Description {
  #document: Json;
  #ajv: Ajv2020;

  constructor(document: Json) {
    this.#document = document;
    this.#ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
    this.#ajv.addSchema(document as AnySchema, "openapi");
  }

  /** Yields all described answers. */
  *answers(): Generator<DescribedAnswer> {
    for (const [path, operations] of Object.entries(this.#document["paths"] as Json)) {
      for (const [method, operation] of Object.entries(operations as Json)) {
        const { responses } = operation as { responses: Json };
        for (const [status, response] of Object.entries(responses)) {
          const { content = {} } = response as { content?: Record<string, Json> };
          for (const [type, { example }] of Object.entries(content)) {
            yield { path, method, status, type, example };
          }
        }
      }
    }
  }

  /** Returns the validation error of a value as this answer. */
  problems({ path, method, status, type }: DescribedAnswer, value: unknown): string[] {
    const steps = ["paths", path, method, "responses", status, "content", type, "schema"];
    return this.#problems(steps, value);
  }

  /** Parameters whose example or default does not fit their own schema. */
  parameterProblems(): string[] {
    const problems: string[] = [];
    for (const [path, operations] of Object.entries(this.#document["paths"] as Json)) {
      for (const [method, operation] of Object.entries(operations as Json)) {
        const { parameters } = operation as { parameters: Json[] };
        parameters.forEach(({ name, example, schema }, i) => {
          const steps = ["paths", path, method, "parameters", String(i), "schema"];
          for (const value of [example, (schema as Json)["default"]]) {
            if (value === undefined) continue;
            problems.push(...this.#problems(steps, value).map((why) => `${path} ${name}: ${why}`));
          }
        });
      }
    }
    return problems;
  }

  #problems(steps: readonly string[], value: unknown): string[] {
    const pointer = steps.map((step) => step.replaceAll("~", "~0").replaceAll("/", "~1"));
    const reference = `openapi#/${pointer.map(encodeURIComponent).join("/")}`;
    const validate = this.#ajv.getSchema(reference);
    if (validate === undefined) return [`There is no schema at ${reference}`];
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) =>
      `${instancePath || "/"} ${message}`
    );
  }
}
