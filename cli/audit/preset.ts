import { type AuditCategory, newestEvents } from "@ssmd/audit";
import { type ValuesOf, whole } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";
import {
  AUDIT_EVENTS,
  AUDIT_FILTER_FLAGS,
  AUDIT_SOURCE_FLAGS,
  eventTable,
  filterOf,
  withAudit,
} from "./audit_source.ts";

const FLAGS = {
  ...AUDIT_SOURCE_FLAGS,
  ...AUDIT_FILTER_FLAGS,
  limit: whole("Maximum number of events", { default: "100", placeholder: "count" }),
};

/** Definition fields of `ssmd audit list`. */
export const AUDIT_LIST = {
  flags: FLAGS,
  output: AUDIT_EVENTS,
  table: eventTable,
  run: ({ flags, context }: { flags: ValuesOf<typeof FLAGS>; context: SsmdContext }) => {
    const filter = filterOf(flags);
    return withAudit(context, flags, (source) => newestEvents(source, filter, flags.limit));
  },
};

const { category: _, ...PRESET_FLAGS } = FLAGS;

/** The same for one category. */
export function presetOf(category: AuditCategory) {
  return {
    ...AUDIT_LIST,
    description: `Same as ssmd audit list --category ${category}.`,
    flags: PRESET_FLAGS,
    run: ({ flags, context }: { flags: ValuesOf<typeof PRESET_FLAGS>; context: SsmdContext }) =>
      AUDIT_LIST.run({ flags: { ...flags, category }, context }),
  };
}
