import { ByteBuffer } from "./byte_buffer.ts";

const TRUE = 1;
const FALSE = 2;
const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;
const UTF8 = new TextEncoder();

/** Structs of Parquet's headers and footer: fields by id, undefined = absent. */
export type ThriftStruct = Readonly<Record<number, ThriftValue | undefined>>;

/** A value with its wire type. */
type ThriftValue =
  | boolean
  | string
  | Uint8Array
  | { i32: number }
  | { i64: number }
  | { struct: ThriftStruct }
  | { list: readonly Exclude<ThriftValue, boolean>[]; of: "i32" | "i64" | "binary" | "struct" }
  | { flags: readonly boolean[] };

/** Encodes a struct in Thrift's compact protocol, as used by all of Parquet's metadata. */
export function thriftBytes(struct: ThriftStruct): Uint8Array {
  const out = new ByteBuffer();
  writeStruct(out, struct);
  return out.written;
}

function writeStruct(out: ByteBuffer, struct: ThriftStruct): void {
  let last = 0;
  // Integer keys iterate in ascending order.
  for (const [key, value] of Object.entries(struct)) {
    if (value === undefined) continue;
    const id = Number(key);
    out.uint8((id - last) << 4 | typeOf(value));
    if (typeof value !== "boolean") writeValue(out, value);
    last = id;
  }
  out.uint8(0);
}

function typeOf(value: ThriftValue): number {
  if (typeof value === "boolean") return value ? TRUE : FALSE;
  if (typeof value === "string" || value instanceof Uint8Array) return BINARY;
  if ("i32" in value) return I32;
  if ("i64" in value) return I64;
  return "struct" in value ? STRUCT : LIST;
}

const ELEMENTS = { i32: I32, i64: I64, binary: BINARY, struct: STRUCT };

function writeValue(out: ByteBuffer, value: Exclude<ThriftValue, boolean>): void {
  if (typeof value === "string") return writeValue(out, UTF8.encode(value));
  if (value instanceof Uint8Array) {
    out.varint(value.length);
    return out.bytes(value);
  }
  if ("i32" in value) return out.varint(zigzag(value.i32));
  if ("i64" in value) return out.varint(zigzag(value.i64));
  if ("struct" in value) return writeStruct(out, value.struct);
  if ("flags" in value) {
    writeListHead(out, value.flags.length, TRUE);
    for (const flag of value.flags) out.uint8(flag ? TRUE : FALSE);
    return;
  }
  writeListHead(out, value.list.length, ELEMENTS[value.of]);
  for (const each of value.list) writeValue(out, each);
}

function writeListHead(out: ByteBuffer, length: number, element: number): void {
  out.uint8(Math.min(length, 15) << 4 | element);
  if (length >= 15) out.varint(length);
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
