import type { ByteCursor } from "./byte_cursor.ts";

/** Nesting limit; Parquet's structures stay below it. */
const DEPTH_MAX = 16;

/** Fields of a struct by id. */
type ThriftFields = ReadonlyMap<number, ThriftRead>;
/** A decoded value; integers are within ±2^53. */
type ThriftRead = boolean | number | Uint8Array | ThriftFields | readonly ThriftRead[];

/** Reads a struct in Thrift's compact protocol. Throws RangeError when the bytes are invalid. */
export function readThrift(cursor: ByteCursor): ThriftFields {
  return readStruct(cursor, 0);
}

function readStruct(cursor: ByteCursor, depth: number): ThriftFields {
  if (depth > DEPTH_MAX) throw new RangeError("its structures are nested too deep");
  const fields = new Map<number, ThriftRead>();
  let last = 0;
  for (;;) {
    const head = cursor.uint8();
    if (head === 0) return fields;
    const step = head >>> 4;
    last = step === 0 ? whole(cursor) : last + step;
    fields.set(last, readValue(cursor, head & 15, depth));
  }
}

function readValue(cursor: ByteCursor, type: number, depth: number): ThriftRead {
  switch (type) {
    case 1:
      return true;
    case 2:
      return false;
    case 4:
    case 5:
    case 6:
      return whole(cursor);
    case 8:
      return cursor.take(cursor.varint());
    case 9:
      return readList(cursor, depth + 1);
    case 12:
      return readStruct(cursor, depth + 1);
    default:
      throw new RangeError(`its structures have a field of the type ${type}`);
  }
}

function readList(cursor: ByteCursor, depth: number): ThriftRead[] {
  const head = cursor.uint8();
  const type = head & 15;
  const length = head >>> 4 === 15 ? cursor.varint() : head >>> 4;
  if (length > cursor.bytes.length - cursor.at) throw new RangeError("a list is too long");
  const isFlags = type === 1 || type === 2;
  return Array.from(
    { length },
    () => isFlags ? cursor.uint8() === 1 : readValue(cursor, type, depth),
  );
}

function whole(cursor: ByteCursor): number {
  const value = Number(cursor.zigzag64());
  if (!Number.isSafeInteger(value)) throw new RangeError("a number is beyond 2^53");
  return value;
}

/** Typed access to the fields of a struct. Throws RangeError when a field has another type. */
export class FieldReader {
  #fields: ThriftFields;

  constructor(value: ThriftRead | undefined) {
    if (!(value instanceof Map)) throw new RangeError("a structure is missing");
    this.#fields = value;
  }

  has(id: number): boolean {
    return this.#fields.has(id);
  }

  number(id: number): number {
    const value = this.#fields.get(id);
    if (typeof value !== "number") throw new RangeError(`its number ${id} is missing`);
    return value;
  }

  bytes(id: number): Uint8Array {
    const value = this.#fields.get(id);
    if (!(value instanceof Uint8Array)) throw new RangeError(`its bytes ${id} are missing`);
    return value;
  }

  text(id: number): string {
    return UTF8.decode(this.bytes(id));
  }

  list(id: number): readonly ThriftRead[] {
    const value = this.#fields.get(id);
    if (!Array.isArray(value)) throw new RangeError(`its list ${id} is missing`);
    return value;
  }

  struct(id: number): FieldReader {
    return new FieldReader(this.#fields.get(id));
  }

  structs(id: number): FieldReader[] {
    return this.list(id).map((each) => new FieldReader(each));
  }
}

/** Decoder that rejects invalid UTF-8. */
export const UTF8: TextDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
