import { type InstrumentFile, YamlEdit } from "@ssmd/metadata";

/** The newest version with changes applied; a version is always complete. */
function newVersion(
  { versions }: InstrumentFile,
  changes: Record<string, unknown>,
): Record<string, unknown> {
  const newest = versions.toSorted((a, b) => a.effective < b.effective ? -1 : 1).at(-1);
  const { venue: _, ...terms } = newest ?? {};
  return { ...terms, ...changes };
}

/** Text of an instrument file with a version appended. */
export function newVersionText(
  text: string,
  instrument: InstrumentFile,
  changes: Record<string, unknown>,
): string {
  const edit = new YamlEdit(text);
  edit.append(["versions"], newVersion(instrument, changes));
  return edit.toString();
}
