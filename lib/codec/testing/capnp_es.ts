/** capnp-es as an oracle: reads and writes records by their layout with its low-level calls. @module */
import { CompositeList, type List, Message, ObjectSize, Struct, utils } from "capnp-es";
import type { Level, MarketEvent } from "@ssmd/market";
import type { FieldLayout, StructLayout } from "../schema/mod.ts";
import { layoutOfRecord, type WireValue } from "./wire_values.ts";

class LevelStruct extends Struct {
  static override readonly _capnp = { displayName: "Level", id: "1", size: new ObjectSize(16, 0) };
}

class LevelList extends CompositeList(LevelStruct) {}

/** The fields of a message, read by capnp-es. */
export function readByCapnpEs(
  type: MarketEvent["type"],
  bytes: Uint8Array,
): Record<string, WireValue> {
  const { layout, enums } = layoutOfRecord(type);
  const root = new Message(bytes, false).getRoot(rootClass(layout));
  return Object.fromEntries(
    layout.fields.map((field) => [field.name, read(field, root, enums)] as const),
  );
}

/** One segment of one word: whatever is written goes to further segments, of 4 KiB or more. */
const FULL_SEGMENT = new Uint8Array([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/** A message with these fields, written by capnp-es in one segment or in several. */
export function writeByCapnpEs(
  type: MarketEvent["type"],
  values: Record<string, WireValue>,
  segments: "one" | "several" = "one",
): Uint8Array<ArrayBuffer> {
  const { layout, enums } = layoutOfRecord(type);
  const message = segments === "one" ? new Message() : new Message(FULL_SEGMENT, false);
  const root = message.initRoot(rootClass(layout));
  for (const field of layout.fields) write(field, root, values[field.name] ?? "", enums);
  return new Uint8Array(message.toArrayBuffer());
}

function rootClass(layout: StructLayout) {
  const size = new ObjectSize(layout.dataWords * 8, layout.pointers);
  return class extends Struct {
    static override readonly _capnp = { displayName: layout.name, id: "0", size };
  };
}

function read(field: FieldLayout, root: Struct, enums: Map<string, string[]>): WireValue {
  const { type, offset } = field;
  const at = offset * field.bits / 8;
  switch (type.kind) {
    case "text":
      return utils.getText(offset, root);
    case "enum": {
      const value = utils.getUint16(at, root);
      return enums.get(type.name)?.[value] ?? value;
    }
    case "list":
      return levelsOf(utils.getList(offset, LevelList, root));
    case "scalar":
      if (type.name === "UInt64") return utils.getUint64(at, root);
      if (type.name === "Int64") return utils.getInt64(at, root, int64Mask(field));
      if (type.name === "UInt16") return utils.getUint16(at, root);
      if (type.name === "UInt32") return utils.getUint32(at, root);
      if (type.name === "Float64") return utils.getFloat64(at, root, floatMask(field));
      if (type.name === "Bool") return utils.getBit(offset, root);
  }
  throw new TypeError(`${field.name} is not read here`);
}

function write(
  field: FieldLayout,
  root: Struct,
  value: WireValue,
  enums: Map<string, string[]>,
): void {
  const { type, offset } = field;
  const at = offset * field.bits / 8;
  if (type.kind === "text") utils.setText(offset, String(value), root);
  else if (Array.isArray(value)) writeLevels(offset, root, value);
  else if (type.kind === "enum") {
    utils.setUint16(at, enums.get(type.name)?.indexOf(String(value)) ?? 0, root);
  } else if (typeof value === "boolean") utils.setBit(offset, value, root);
  else if (typeof value === "bigint") {
    if (type.kind === "scalar" && type.name === "Int64") {
      utils.setInt64(at, value, root, int64Mask(field));
    } else utils.setUint64(at, value, root);
  } else if (type.kind === "scalar" && type.name === "UInt16") {
    utils.setUint16(at, Number(value), root);
  } else if (type.kind === "scalar" && type.name === "UInt32") {
    utils.setUint32(at, Number(value), root);
  } else utils.setFloat64(at, Number(value), root, floatMask(field));
}

function levelsOf(list: List<LevelStruct>): Level[] {
  return Array.from({ length: list.length }, (_, i) => {
    const item = list.get(i);
    return { price: utils.getFloat64(0, item), size: utils.getFloat64(8, item) };
  });
}

function writeLevels(index: number, root: Struct, levels: Level[]): void {
  const list = utils.initList(index, LevelList, levels.length, root);
  levels.forEach(({ price, size }, i) => {
    utils.setFloat64(0, price, list.get(i));
    utils.setFloat64(8, size, list.get(i));
  });
}

function floatMask(field: FieldLayout): DataView | undefined {
  if (field.default === undefined) return undefined;
  const mask = new DataView(new ArrayBuffer(8));
  mask.setFloat64(0, Number(field.default), true);
  return mask;
}

function int64Mask(field: FieldLayout): DataView | undefined {
  if (field.default === undefined) return undefined;
  const mask = new DataView(new ArrayBuffer(8));
  mask.setBigInt64(0, BigInt(String(field.default)), true);
  return mask;
}
