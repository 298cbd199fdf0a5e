/** Size of a frame header: body length, kind. */
export const HEAD_BYTES = 5;

const UTF8 = new TextEncoder();
const TEXT = new TextDecoder();

/** Returns a frame with this body. */
export function frameOf(kind: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(HEAD_BYTES + body.length);
  writeHead(new DataView(frame.buffer), 0, { length: body.length, kind });
  frame.set(body, HEAD_BYTES);
  return frame;
}

/** Writes the header of a body of `length` bytes that follows it. */
export function writeHead(
  view: DataView,
  at: number,
  { length, kind }: { length: number; kind: number },
): void {
  view.setUint32(at, length, true);
  view.setUint8(at + 4, kind);
}

/** Returns a frame with a JSON body. */
export function jsonFrame(kind: number, value: unknown): Uint8Array<ArrayBuffer> {
  return frameOf(kind, UTF8.encode(JSON.stringify(value)));
}

/** Parses a JSON body. */
export function jsonOf(body: Uint8Array): unknown {
  return JSON.parse(TEXT.decode(body));
}

/** Parses a header: body length and kind. */
export function headOf(head: Uint8Array): { length: number; kind: number } {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return { length: view.getUint32(0, true), kind: view.getUint8(4) };
}
