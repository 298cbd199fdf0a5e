import type {
  TransformOutput,
  TransformsAnswer,
  TransformsDone,
  TransformsRequest,
} from "@ssmd/market";
import { messageOf, SsmdError } from "@ssmd/runtime/errors";
import { z } from "zod";

const NAME = z.string().max(256);
const REQUEST = z.discriminatedUnion("action", [
  z.object({ action: z.literal("list") }),
  z.object({
    ...{ action: z.literal("open"), name: NAME, caller: NAME },
    isReusable: z.boolean().exactOptional(),
  }),
  z.object({ action: z.literal("run"), session: NAME, records: z.array(z.unknown()).max(10_000) }),
  z.object({ action: z.literal("close"), session: NAME }),
]);

/** Maximum size of a batch's outputs; buses carry messages up to 1 MiB. */
const OUTPUTS_BYTES_MAX = 900_000;
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** Returns the encoded answer to a request; failures become error answers. */
export async function answerOf(
  payload: Uint8Array,
  act: (request: TransformsRequest) => Promise<TransformsDone>,
): Promise<Uint8Array> {
  return ENCODER.encode(JSON.stringify(await tried(payload, act)));
}

async function tried(
  payload: Uint8Array,
  act: (request: TransformsRequest) => Promise<TransformsDone>,
): Promise<TransformsAnswer> {
  try {
    return await act(REQUEST.parse(JSON.parse(DECODER.decode(payload))));
  } catch (error) {
    if (error instanceof SsmdError) {
      const { code, message, hint } = error;
      return { ok: false, code, message, hint };
    }
    return { ok: false, code: "TRANSFORMS_REQUEST", message: messageOf(error), hint: "" };
  }
}

/** Returns the outputs, or an error for each when they exceed a message's size. */
export function boundedOutputs(outputs: readonly TransformOutput[]): TransformOutput[] {
  let bytes = 0;
  for (const each of outputs) bytes += 16 + ENCODER.encode(JSON.stringify(each)).length;
  if (bytes <= OUTPUTS_BYTES_MAX) return [...outputs];
  const error =
    `the outputs of ${outputs.length} records are ${bytes} bytes; at most ${OUTPUTS_BYTES_MAX}`;
  return outputs.map(() => ({ error }));
}
