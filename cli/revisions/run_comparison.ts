import { resolve } from "node:path";
import type { z } from "zod";
import { SPAN_FLAGS } from "../archive/archive_flags.ts";
import { withArchive } from "../archive/with_archive.ts";
import { dir, text, type ValuesOf } from "../command/flag.ts";
import { notice, type SsmdContext } from "../context.ts";
import { daySpanOf, VERSION_FLAGS } from "../reprocess/flags.ts";
import type { RevisionsOptions } from "./checked_out.ts";
import { type COMPARISON, comparisonView } from "./comparison_view.ts";
import type { RevisionsComparison } from "./replay_revisions.ts";
import { ownSource } from "./source.ts";
import { untilEnded } from "./until_ended.ts";

/** Flags of commands that compare revisions. */
export const REVISION_FLAGS = {
  ...VERSION_FLAGS,
  ...SPAN_FLAGS,
  baseline: text("Reference revision", { placeholder: "rev", default: "HEAD" }),
  candidate: text("Revision to test; default: the working tree", { placeholder: "rev" }),
  source: dir("Clone of ssmd with the revisions; default: the one that runs"),
};

/** Runs `compare` as the flags say, until a signal arrives. Throws its errors. */
export async function runComparison(
  { flags, context }: { flags: ValuesOf<typeof REVISION_FLAGS>; context: SsmdContext },
  compare: (options: RevisionsOptions) => Promise<RevisionsComparison>,
): Promise<z.output<typeof COMPARISON>> {
  const { feed, baseline, candidate } = flags;
  const source = flags.source === undefined ? ownSource() : resolve(flags.source);
  return await withArchive(context, flags, (archive) =>
    untilEnded(async (signal) => {
      const compared = await compare({
        ...{ ...archive, feed, ...daySpanOf(flags), source, baseline, signal },
        ...(candidate === undefined ? {} : { candidate }),
        onStep: (step) => notice(context, step),
      });
      return comparisonView({ env: archive.env, feed }, compared);
    }));
}
