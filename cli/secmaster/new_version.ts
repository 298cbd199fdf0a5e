import { type InstrumentFile, YamlEdit } from "@ssmd/metadata";

/** What the newest version of an instrument says, with changes: a version holds whole. */
function newVersion(
  { versions }: InstrumentFile,
  changes: Record<string, unknown>,
): Record<string, unknown> {
  const newest = versions.toSorted((a, b) => a.effective < b.effective ? -1 : 1).at(-1);
  const { venue: _, ...terms } = newest ?? {};
  return { ...terms, ...changes };
}

/** The text of an instrument's file with a version more. */
export function newVersionText(
  text: string,
  instrument: InstrumentFile,
  changes: Record<string, unknown>,
): string {
  const edit = new YamlEdit(text);
  edit.append(["versions"], newVersion(instrument, changes));
  return edit.toString();
}
