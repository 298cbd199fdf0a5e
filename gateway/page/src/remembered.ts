/// <reference lib="dom" />

/** Value remembered in this browser; null = none or storage is unavailable. */
export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(`ssmd.${name}`);
  } catch {
    return null;
  }
}

/** Removes a remembered value. */
export function forget(name: string): void {
  try {
    localStorage.removeItem(`ssmd.${name}`);
  } catch {
    // Nothing is stored.
  }
}

/** Remembers a value; without storage it is lost after this visit. */
export function remember(name: string, text: string): void {
  try {
    localStorage.setItem(`ssmd.${name}`, text);
  } catch {
    // The choice lasts for this visit.
  }
}
