import { parseSchema, SchemaError } from "@ssmd/codec";
import type { SchemaTextCheck } from "@ssmd/metadata";
import { suggestion } from "@ssmd/runtime";

/** Parses a schema text with the codec's parser: a connector can only write what it can read. */
export const checkSchemaText: SchemaTextCheck = (text, struct) => {
  try {
    const { structs } = parseSchema("", text);
    const names = structs.map(({ name }) => name);
    if (struct === undefined || names.includes(struct)) return undefined;
    const message = `holds no struct ${struct}. ${suggestion(struct, names)}`;
    return { line: 1, column: 1, message };
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    const message = error.message.replace(/^:\d+:\d+: /, "");
    return { line: error.line, column: error.column, message };
  }
};
