/** A JSON Schema that values of commands are described with; only what is used here. */
export interface InferredSchema {
  type?: string | string[];
  properties?: Record<string, InferredSchema>;
  required?: string[];
  items?: InferredSchema;
  additionalProperties?: false;
}

/**
 * The narrowest schema that all of `values` obey, as a draft for a person to go over: words that are
 * names (of symbols, of keys) stand in it as fields, and what is absent in some is optional.
 */
export function inferredSchema(values: readonly unknown[]): InferredSchema {
  const types = [...new Set(values.map(typeOf))].sort();
  // Every integer is a number too.
  const named = types.includes("number") ? types.filter((type) => type !== "integer") : types;
  const [only] = named;
  const objects = values.filter((value) => typeOf(value) === "object") as object[];
  const items = values.filter(Array.isArray).flat();
  return {
    ...(only === undefined ? {} : { type: named.length === 1 ? only : named }),
    ...(objects.length === 0 ? {} : fieldsOf(objects)),
    ...(items.length === 0 ? {} : { items: inferredSchema(items) }),
  };
}

function fieldsOf(objects: readonly object[]): InferredSchema {
  const names = [...new Set(objects.flatMap(Object.keys))];
  const properties: Record<string, InferredSchema> = {};
  for (const name of names) {
    const found = objects.filter((each) => Object.hasOwn(each, name));
    properties[name] = inferredSchema(found.map((each) => (each as Record<string, unknown>)[name]));
  }
  const required = names.filter((name) => objects.every((each) => Object.hasOwn(each, name)));
  return { properties, required, additionalProperties: false };
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}
