import { suggestion } from "@ssmd/runtime/suggest";
import {
  type DefaultValue,
  type EnumDeclaration,
  type FieldType,
  SCALAR_BITS,
  type ScalarName,
} from "./schema.ts";
import { SchemaError, type SourceLocation } from "./schema_error.ts";
import type { Token } from "./tokens.ts";

/**
 * Parses a token as default of a field of `type`. Throws SchemaError when it does not fit: wrong
 * kind, out of range, or not a value of the enum.
 */
export function defaultOf(
  file: string,
  type: FieldType,
  { enums, location, negative, token }: {
    enums: readonly EnumDeclaration[];
    location: SourceLocation;
    negative: boolean;
    token: Token | undefined;
  },
): DefaultValue {
  const refuse = (message: string, hint = ""): never => {
    throw new SchemaError(file, location, { message, options: { hint } });
  };
  if (token === undefined) return refuse("expected a default");
  if (type.kind === "text") {
    return token.kind === "string" && !negative ? token.text : refuse("expected a quoted text");
  }
  if (type.kind === "enum") {
    const values = enums.find(({ name }) => name === type.name)?.values ?? [];
    if (token.kind === "name" && !negative && values.includes(token.text)) return token.text;
    return refuse(`"${token.text}" is no ${type.name}`, suggestion(token.text, values));
  }
  if (type.kind !== "scalar") return refuse("defaults of structs and lists are not read here");
  const value = scalarOf(type.name, negative, token);
  return value ?? refuse(`"${negative ? "-" : ""}${token.text}" is no ${type.name}`);
}

function scalarOf(name: ScalarName, negative: boolean, token: Token): DefaultValue | undefined {
  if (name === "Bool") {
    if (negative || token.kind !== "name") return undefined;
    return token.text === "true" ? true : token.text === "false" ? false : undefined;
  }
  if (name === "Float32" || name === "Float64") return floatOf(negative, token);
  // Reject a leading 0, which means octal in the language and is easily misread.
  if (token.kind !== "number" || !/^(?:0[xX][0-9A-Fa-f]+|0|[1-9][0-9]*)$/.test(token.text)) {
    return undefined;
  }
  const value = negative ? -BigInt(token.text) : BigInt(token.text);
  const bits = SCALAR_BITS[name];
  const fits = name.startsWith("U") ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value);
  return fits === value ? value : undefined;
}

function floatOf(negative: boolean, token: Token): number | undefined {
  const sign = negative ? -1 : 1;
  if (token.kind === "number") return sign * Number(token.text);
  if (token.kind !== "name") return undefined;
  if (token.text === "inf") return sign * Infinity;
  return token.text === "nan" && !negative ? NaN : undefined;
}
