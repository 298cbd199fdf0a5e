import { jsonPrefix, recordJson } from "@ssmd/codec";
import type { Ticker, Trade, TransformOutput } from "@ssmd/market";
import type { TransformsClient } from "../bus/transforms_client.ts";
import type { Market } from "../state/market.ts";

/** Records of one request to the transform. */
const BATCH_RECORDS = 200;

/** The transform to run, its market and its caller. */
interface TransformedBy {
  market: Market;
  transforms: TransformsClient;
  name: string;
  caller: string;
}

/** Output of a record, with the record's sequence. */
type Transformed = { seq: number } & Exclude<TransformOutput, { skip: true }>;

/** Returns a transform's outputs in record order. Throws Problem (404) for an unknown transform. */
export async function transformedRecords(
  records: readonly (Trade | Ticker)[],
  { market, transforms, name, caller }: TransformedBy,
): Promise<Transformed[]> {
  const prefix = jsonPrefix(market.symbol, market.feed.id);
  const run = await transforms.open(name, caller, { isReusable: true });
  const made: Transformed[] = [];
  try {
    for (let at = 0; at < records.length; at += BATCH_RECORDS) {
      const batch = records.slice(at, at + BATCH_RECORDS);
      const outputs = await run.run(batch.map((record) => recordJson(record, prefix)));
      batch.forEach(({ sequence: seq }, i) => {
        const output = outputs[i];
        if (output !== undefined && !("skip" in output)) made.push({ seq, ...output });
      });
    }
    return made;
  } finally {
    run.close();
  }
}
