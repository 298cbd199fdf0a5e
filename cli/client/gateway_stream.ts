import { z } from "zod";
import { SsmdError, untilSignal } from "@ssmd/runtime";

/** Control message of the gateway: anything but a record. */
const CONTROL = z.looseObject({
  type: z.string(),
  code: z.string().optional(),
  message: z.string().optional(),
  hint: z.string().optional(),
});

/** Options of {@linkcode readStream}. */
interface StreamReading {
  headers: Record<string, string>;
  /** Ends the stream; no message is delivered afterwards. */
  signal: AbortSignal;
  /** Receives text, or a record's bytes when the URL has `format=capnp`. */
  onMessage: (data: string | ArrayBuffer) => void;
}

/**
 * Reads a stream until `signal`, SIGINT or SIGTERM. Throws SsmdError `GATEWAY_UNREACHABLE` and what
 * `onMessage` throws.
 */
export async function readStream(
  httpUrl: string,
  { headers, signal, onMessage }: StreamReading,
): Promise<void> {
  const url = httpUrl.replace(/^http/, "ws");
  const over = new AbortController();
  const socket = new WebSocket(url, { headers });
  socket.binaryType = "arraybuffer";
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  socket.addEventListener("message", ({ data }) => {
    try {
      if (!signal.aborted) onMessage(data);
    } catch (error) {
      reject(error);
    }
  });
  socket.addEventListener("error", () => reject(unreachable(url)));
  socket.addEventListener("close", () => reject(unreachable(url)));
  try {
    await Promise.race([promise, untilSignal(over.signal)]);
  } finally {
    over.abort();
    socket.close();
  }
}

/** Parses a control message. Throws SsmdError when it is an error message. */
export function assertNoError(message: unknown): z.output<typeof CONTROL> {
  const control = CONTROL.parse(message);
  const { type, code = "GATEWAY_REFUSED", message: text = "the gateway refused" } = control;
  if (type === "error") throw new SsmdError(code, text, { hint: control.hint ?? "" });
  return control;
}

function unreachable(url: string): SsmdError {
  return new SsmdError("GATEWAY_UNREACHABLE", `The stream of ${new URL(url).origin} ended`, {
    hint: "Is it running, and is the key in SSMD_API_KEY valid? ssmd status shows what runs",
    retryable: true,
  });
}
