/** Hand-written records under the schemas' names, to compare with the oracles. @module */
import type { Level, MarketEvent } from "@ssmd/market";
import { type FieldType, parseSchema, type StructLayout } from "../schema/mod.ts";
import { layoutOf } from "../schema/layout.ts";
import { SCHEMAS } from "../mod.ts";

/** A field's value: 64-bit integers as bigint, enums by name. */
export type WireValue = bigint | number | boolean | string | Level[];

/** The record's fields under the names and in the units of its schema. */
export function wireValuesOf(event: MarketEvent): Record<string, WireValue> {
  const base = {
    timestampNs: BigInt(event.timestampUs) * 1000n,
    receivedAtNs: BigInt(event.receivedAtUs) * 1000n,
    symbol: event.symbol,
    feed: event.feed,
    sequence: BigInt(event.sequence),
    run: BigInt(event.run ?? 0),
    connection: event.connection ?? 0,
  };
  switch (event.type) {
    case "trade": {
      const { price, size, side, tradeId } = event;
      const { orderType = "unknown", isBlockTrade = false } = event;
      return { ...base, price, size, side, tradeId, orderType, isBlockTrade };
    }
    case "ticker":
      return {
        ...base,
        bidPrice: event.bidPrice ?? NaN,
        bidSize: event.bidSize ?? NaN,
        askPrice: event.askPrice ?? NaN,
        askSize: event.askSize ?? NaN,
        lastPrice: event.lastPrice ?? NaN,
        lastSize: event.lastSize ?? NaN,
        volume24h: event.volume24h ?? NaN,
        openInterest: event.openInterest ?? NaN,
        vwap24h: event.vwap24h ?? NaN,
        trades24h: BigInt(event.trades24h ?? -1),
        low24h: event.low24h ?? NaN,
        high24h: event.high24h ?? NaN,
        volumeTotal: event.volumeTotal ?? NaN,
        dollarVolume: event.dollarVolume ?? NaN,
        dollarOpenInterest: event.dollarOpenInterest ?? NaN,
      };
    case "orderbook": {
      const { kind, bids, asks, depth, checksum } = event;
      return { ...base, kind, bids, asks, depth, checksum };
    }
    case "status": {
      const { state, result, detail } = event;
      return {
        ...{ ...base, state, result, detail },
        kind: event.kind ?? "lifecycle",
        settlementValue: event.settlementValue ?? NaN,
        openAtNs: BigInt(event.openAtUs ?? 0) * 1000n,
        closeAtNs: BigInt(event.closeAtUs ?? 0) * 1000n,
        priceLevelStructure: event.priceLevelStructure ?? "",
      };
    }
    case "gap":
      return {
        ...base,
        reason: event.reason,
        fromNs: BigInt(event.fromUs) * 1000n,
        toNs: BigInt(event.toUs) * 1000n,
        missed: BigInt(event.missed ?? -1),
        recovered: event.recovered,
        detail: event.detail,
        channel: event.channel,
      };
    case "fire": {
      const { id, signal, version, sourceHash, paramsHash, values, engine } = event;
      return {
        ...{ ...base, id, signal, version, sourceHash, paramsHash, values, engine },
        causeSequence: BigInt(event.causeSequence),
        causeReceivedAtNs: BigInt(event.causeReceivedAtUs) * 1000n,
      };
    }
    case "action": {
      const { type: _, timestampUs: __, receivedAtUs: ___, firedAtUs, ...texts } = event;
      return { ...texts, ...base, firedAtNs: BigInt(firedAtUs) * 1000n };
    }
  }
}

/** The layout of a record's root struct, and the names of its enums' values. */
export function layoutOfRecord(type: MarketEvent["type"]): {
  layout: StructLayout;
  enums: Map<string, string[]>;
} {
  const { text, name } = SCHEMAS[type];
  const schema = parseSchema(`${type}.capnp`, text);
  const root = schema.structs.find((struct) => struct.name === name);
  if (root === undefined) throw new TypeError(`no struct ${name}`);
  return {
    layout: layoutOf(root),
    enums: new Map(schema.enums.map((declared) => [declared.name, declared.values])),
  };
}

/** Formats a record for `capnp encode`; leaves out empty fields. */
export function capnpTextOf(event: MarketEvent): string {
  const values = wireValuesOf(event);
  const fields = layoutOfRecord(event.type).layout.fields.flatMap(({ name, type }) => {
    const value = values[name];
    if (value === undefined) throw new TypeError(`no value for ${name}`);
    const isEmpty = value === "" || Array.isArray(value) && value.length === 0;
    return isEmpty ? [] : [`${name} = ${textOfValue(type, value)}`];
  });
  return `(${fields.join(", ")})`;
}

function textOfValue(type: FieldType, value: WireValue): string {
  if (Array.isArray(value)) {
    const items = value.map(({ price, size }) =>
      `(price = ${textOfFloat(price)}, size = ${textOfFloat(size)})`
    );
    return `[${items.join(", ")}]`;
  }
  if (type.kind === "text") return quoted(String(value));
  return typeof value === "number" && type.kind === "scalar" && type.name === "Float64"
    ? textOfFloat(value)
    : String(value);
}

function textOfFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const text = String(Math.abs(value));
  if (text === "Infinity") return `${sign}inf`;
  return sign + (/[.e]/.test(text) ? text : `${text}.0`);
}

function quoted(text: string): string {
  const bytes = [...new TextEncoder().encode(text)];
  const chars = bytes.map((byte) =>
    byte >= 32 && byte < 127 && byte !== 34 && byte !== 92
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, "0")}`
  );
  return `"${chars.join("")}"`;
}
