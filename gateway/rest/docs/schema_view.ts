import { type Html, html, prose } from "./html.ts";

type Json = Record<string, unknown>;

/** Describes a schema in one short line: `number, 1 … 5000`. */
export function typeLine(schema: Json): Html {
  const reference = nameOf(schema["$ref"]);
  if (reference !== undefined) return html`<a href="#schema-${reference}">${reference}</a>`;
  const { anyOf, items, prefixItems, additionalProperties } = schema;
  const words = schema["enum"] as unknown[] | undefined;
  if (Array.isArray(anyOf)) return join(anyOf as Json[], " or ");
  if (words !== undefined) return joinedWords(words);
  if (schema["const"] !== undefined) return html`<code>${String(schema["const"])}</code>`;
  if (Array.isArray(prefixItems)) return html`[${join(prefixItems as Json[], ", ")}]`;
  if (typeof items === "object") return html`list of ${typeLine(items as Json)}`;
  if (isMap(additionalProperties)) return html`object of ${typeLine(additionalProperties)}`;
  const type = [schema["type"] ?? "any"].flat().join(" or ");
  return html`${type}${rangeOf(schema)}${formatOf(schema)}`;
}

function isMap(value: unknown): value is Json {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

function join(schemas: readonly Json[], between: string): Html {
  return html`${schemas.map((each, i) => html`${i === 0 ? "" : between}${typeLine(each)}`)}`;
}

function joinedWords(words: readonly unknown[]): Html {
  return html`${words.map((word, i) => html`${i === 0 ? "" : " "}<code>${String(word)}</code>`)}`;
}

function rangeOf({ minimum, maximum }: Json): string {
  const isLimit = (value: unknown) =>
    typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  if (isLimit(minimum) && isLimit(maximum)) return `, ${minimum} … ${maximum}`;
  return isLimit(minimum) ? `, from ${minimum}` : isLimit(maximum) ? `, to ${maximum}` : "";
}

function formatOf({ format, default: fallback }: Json): string {
  return `${format === undefined ? "" : ` (${format})`}${
    fallback === undefined ? "" : `, default ${fallback}`
  }`;
}

function nameOf(reference: unknown): string | undefined {
  return typeof reference === "string" ? reference.split("/").at(-1) : undefined;
}

/** Returns a table of an object's fields; nested fields are named `a.b`. */
export function fieldTable(schema: Json): Html {
  const rows = [...rowsOf(schema, "")];
  if (rows.length === 0) return html`<p>${typeLine(schema)}</p>`;
  return html`<table><tr><th>Field</th><th>Type</th><th>Meaning</th></tr>${
    rows.map(([name, type, meaning]) =>
      html`
        <tr>
          <td><code>${name}</code></td>
          <td>${type}</td>
          <td>${prose(meaning)}</td>
        </tr>
      `
    )
  }</table>`;
}

function* rowsOf(schema: Json, prefix: string): Generator<[string, Html, string]> {
  const properties = (schema["properties"] ?? {}) as Record<string, Json>;
  const required = (schema["required"] ?? []) as string[];
  for (const [name, field] of Object.entries(properties)) {
    const own = innerOf(field);
    const meaning = String(field["description"] ?? "");
    const label = `${prefix}${name}${required.includes(name) ? "" : "?"}`;
    const isList = typeof field["items"] === "object";
    const type = own === undefined
      ? typeLine(field)
      : html`${isList ? "list of objects" : "object"}`;
    yield [label, type, meaning];
    if (own !== undefined) yield* rowsOf(own, `${prefix}${name}${isList ? "[]" : ""}.`);
  }
}

/** Returns the object schema of a field, also of list items or alternatives. */
function innerOf(field: Json): Json | undefined {
  const candidates = [field, field["items"], ...((field["anyOf"] ?? []) as unknown[])];
  return candidates.find((each): each is Json =>
    typeof each === "object" && each !== null && "properties" in each
  );
}
