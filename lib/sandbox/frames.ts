/** Bytes of a frame's head: length of the rest, kind. */
export const HEAD_BYTES = 5;

const UTF8 = new TextEncoder();
const TEXT = new TextDecoder();

/** A frame as it goes over a pipe. */
export function frameOf(kind: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(HEAD_BYTES + body.length);
  new DataView(frame.buffer).setUint32(0, body.length, true);
  frame[4] = kind;
  frame.set(body, HEAD_BYTES);
  return frame;
}

/** A frame whose body is JSON. */
export function jsonFrame(kind: number, value: unknown): Uint8Array<ArrayBuffer> {
  return frameOf(kind, UTF8.encode(JSON.stringify(value)));
}

/** The value of a body of JSON. */
export function jsonOf(body: Uint8Array): unknown {
  return JSON.parse(TEXT.decode(body));
}

/** What a head says: bytes of the body, and its kind. */
export function headOf(head: Uint8Array): { length: number; kind: number } {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return { length: view.getUint32(0, true), kind: view.getUint8(4) };
}
