import { CodecError } from "@ssmd/runtime/errors";
import type { FieldLayout } from "./schema/mod.ts";

/** Generated code for one field of the data section. */
export interface FieldCode {
  /** Field name in the event. */
  name: string;
  /** Expression over `view`, `at` and `end`. */
  read: string;
  /** Statement that writes `of`.name at `at` in `view`. */
  write: string;
  /** Imports of both from fields.ts. */
  imports: string[];
}

/** A field appended in a later version; the record has it only if it is not its default. */
export interface AppendedCode extends FieldCode {
  /** Read value that means absent. */
  absent: string;
}

/**
 * Returns the code of a data section field; `of` is the object with its value. A UInt64 named …Ns
 * is a time (µs in the event); a default of nan or -1 means null. Throws CodecError for an
 * unsupported type or default.
 */
export function fieldCodeOf(field: FieldLayout, of: string): FieldCode {
  const { type } = field;
  if (type.kind === "enum") return enumCode(field, type.name, of);
  if (type.kind !== "scalar") throw noRule(field);
  switch (type.name) {
    case "Bool":
      return boolCode(field, of);
    case "Float64":
      return floatCode(field, of);
    case "UInt64":
      return zeroDefault(field) && field.name.endsWith("Ns")
        ? wideCode(field, of, { kind: "TimeUs", name: field.name.replace(/Ns$/, "Us") })
        : zeroDefault(field)
        ? wideCode(field, of, { kind: "Count", name: field.name })
        : refuse(field);
    case "Int64":
      return field.default === -1n
        ? wideCode(field, of, { kind: "OptionalCount", name: field.name })
        : refuse(field);
    case "UInt8":
    case "UInt16":
    case "UInt32":
      return uintCode(field, of);
    default:
      return refuse(field);
  }
}

/**
 * Returns the code of an appended data section field, whose default means absent. Throws CodecError
 * like {@linkcode fieldCodeOf}, and for numbers whose default is an ordinary value.
 */
export function appendedCodeOf(field: FieldLayout): AppendedCode {
  const absent = absentOf(field);
  if (absent === undefined) throw noRule(field);
  const code = fieldCodeOf(field, "event");
  // Enum functions handle absence themselves: it is the first value.
  const value = `event.${code.name}`;
  const write = absent === "undefined"
    ? code.write
    : code.write.replace(value, `${value} ?? ${absent}`);
  return { ...code, write, absent };
}

function absentOf(field: FieldLayout): string | undefined {
  const { type } = field;
  if (type.kind === "enum") return "undefined";
  if (type.kind !== "scalar") return undefined;
  if (type.name === "Bool") return zeroDefault(field) ? "false" : undefined;
  if (type.name === "Float64") return Number.isNaN(field.default) ? "null" : undefined;
  if (type.name === "Int64") return "null";
  return type.name.startsWith("UInt") && zeroDefault(field) ? "0" : undefined;
}

/** Returns whether a field has no default, or one that is all zero bits. */
export function zeroDefault(field: FieldLayout): boolean {
  const value = field.default;
  return value === undefined || value === false || value === 0n || value === "" ||
    Object.is(value, 0);
}

/** Returns the error for a field without a generator rule. */
export function noRule(field: FieldLayout): CodecError {
  return new CodecError(
    "CODEC_SCHEMA_UNSUPPORTED",
    `There is no rule to generate code for the field "${field.name}" (@${field.ordinal})`,
    {
      hint: "Use a type and default that another record has, or add a rule to emit_field.ts",
      context: { type: field.type, default: String(field.default) },
    },
  );
}

function refuse(field: FieldLayout): never {
  throw noRule(field);
}

function wideCode(
  field: FieldLayout,
  of: string,
  { kind, name }: { kind: string; name: string },
): FieldCode {
  const at = `at + ${field.offset * 8}`;
  return {
    name,
    read: `read${kind}(view, ${at}, end)`,
    write: `write${kind}(view, ${at}, ${of}.${name}, "${name}");`,
    imports: [`read${kind}`, `write${kind}`],
  };
}

function floatCode(field: FieldLayout, of: string): FieldCode {
  const at = `at + ${field.offset * 8}`;
  const { name } = field;
  if (Number.isNaN(field.default)) {
    return {
      name,
      read: `readOptionalFloat(view, ${at}, end)`,
      write: `writeOptionalFloat(view, ${at}, ${of}.${name});`,
      imports: ["readOptionalFloat", "writeOptionalFloat"],
    };
  }
  if (!zeroDefault(field)) throw noRule(field);
  return {
    name,
    read: `readFloat(view, ${at}, end)`,
    write: `view.setFloat64(${at}, ${of}.${name}, true);`,
    imports: ["readFloat"],
  };
}

function boolCode(field: FieldLayout, of: string): FieldCode {
  const at = `at + ${field.offset >>> 3}`;
  const mask = 1 << (field.offset & 7);
  const not = field.default === true ? "!" : "";
  return {
    name: field.name,
    read: `${not}readBit(view, ${at}, end, ${mask})`,
    write: `writeBit(view, ${at}, ${mask}, ${not}${of}.${field.name});`,
    imports: ["readBit", "writeBit"],
  };
}

function uintCode(field: FieldLayout, of: string): FieldCode {
  const { bits, name } = field;
  const at = `at + ${field.offset * bits / 8}`;
  // The wire value is the value XOR its default.
  const turned = (value: string) =>
    zeroDefault(field) ? value : `(${value} ^ ${field.default}) >>> 0`;
  const checked = turned(`checkedUint(${of}.${name}, ${2 ** bits - 1}, "${name}")`);
  return {
    name,
    read: turned(`readUint${bits}(view, ${at}, end)`),
    write: `view.setUint${bits}(${at}, ${checked}${bits === 8 ? "" : ", true"});`,
    imports: [`readUint${bits}`, "checkedUint"],
  };
}

function enumCode(field: FieldLayout, type: string, of: string): FieldCode {
  if (field.default !== undefined) throw noRule(field);
  const at = `at + ${field.offset * 2}`;
  return {
    name: field.name,
    read: `nameOf${type}(readUint16(view, ${at}, end))`,
    write: `view.setUint16(${at}, numberOf${type}(${of}.${field.name}), true);`,
    imports: ["readUint16"],
  };
}
