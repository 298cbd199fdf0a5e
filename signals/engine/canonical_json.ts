import { SsmdError } from "@ssmd/runtime/errors";

const DEPTH_MAX = 8;

/** A value without canonical JSON: a non-finite number, a function, a cycle. */
export class ValueError extends SsmdError {}

/**
 * Returns JSON with sorted keys and no whitespace, so equal values give equal text. Omits undefined
 * fields. Throws ValueError `VALUE_INVALID` that names the path.
 */
export function canonicalJson(value: unknown, path = "value", depth = 0): string {
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      if (Number.isFinite(value)) return JSON.stringify(value);
      throw invalid(path, `is ${value}`);
    case "object":
      if (depth >= DEPTH_MAX) throw invalid(path, `is nested more than ${DEPTH_MAX} deep`);
      return value === null ? "null" : nested(value, path, depth + 1);
    default:
      throw invalid(path, `is a ${typeof value}`);
  }
}

function nested(value: object, path: string, depth: number): string {
  if (Array.isArray(value)) {
    const items: string[] = [];
    for (let i = 0; i < value.length; i++) {
      items.push(canonicalJson(value[i], `${path}[${i}]`, depth));
    }
    return `[${items.join(",")}]`;
  }
  // A Map, a Date or a view has no fields of its own: it would be {}, whatever is in it.
  const kind: unknown = Object.getPrototypeOf(value);
  if (kind !== Object.prototype && kind !== null) throw invalid(path, "is no plain object");
  const fields: string[] = [];
  for (const name of Object.keys(value).sort()) {
    const field: unknown = (value as Record<string, unknown>)[name];
    if (field === undefined) continue;
    fields.push(`${JSON.stringify(name)}:${canonicalJson(field, `${path}.${name}`, depth)}`);
  }
  return `{${fields.join(",")}}`;
}

function invalid(path: string, what: string): ValueError {
  return new ValueError("VALUE_INVALID", `${path} ${what}`, {
    hint: "Numbers must be finite; write null for what is not known",
  });
}
