import {
  jsonResponder,
  type TransformOutput,
  type TransformsDone,
  type TransformsRequest,
} from "@ssmd/market";
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

/** Returns a handler of requests to the service. */
export function transformsResponder(
  act: (request: TransformsRequest) => Promise<TransformsDone>,
): (payload: Uint8Array) => Promise<Uint8Array> {
  return jsonResponder({
    code: "TRANSFORMS_REQUEST",
    read: (request) => REQUEST.parse(request),
    act,
  });
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
