/** Cursor of the page that starts at an offset. */
export function cursorOf(offset: number): string {
  return btoa(String(offset));
}

/** Offset of a page's cursor, 0 for the first page's; undefined when invalid. */
export function offsetOf(cursor: string | null): number | undefined {
  if (cursor === null || cursor === "") return 0;
  try {
    const offset = Number(atob(cursor));
    return Number.isSafeInteger(offset) && offset >= 0 ? offset : undefined;
  } catch {
    return undefined;
  }
}
