/** Records ⇄ Cap'n Proto bytes, generated from the registered schemas, and their JSON view. @module */
export { Encoder, writeMessage } from "./encoder.ts";
export { MessageWriter } from "./message_writer.ts";
export { CanonicalMessages } from "./canonical.ts";
export { decode, decodeAt } from "./decoder.ts";
export { checkedUint } from "./fields.ts";
export { messageEndAt, messagesIn } from "./framing.ts";
export { toJson } from "./json_view.ts";
export { jsonPrefix, msOfUs, recordJson } from "./record_json.ts";
export { RecordKeyReader } from "./record_key.ts";

export {
  compareSchemas,
  parseSchema,
  type SchemaChange,
  SchemaError,
  worstEffect,
} from "./schema/mod.ts";
export { SCHEMAS } from "./generated/schemas.ts";
export { textOf } from "./text_cache.ts";
export { decodeWatermark, encodeWatermark } from "./watermark.ts";
