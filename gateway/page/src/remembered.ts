/// <reference lib="dom" />

/** What this browser remembers under a name; null = nothing, or it keeps nothing. */
export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(`ssmd.${name}`);
  } catch {
    return null;
  }
}

/** Forgets what was remembered under a name. */
export function forget(name: string): void {
  try {
    localStorage.removeItem(`ssmd.${name}`);
  } catch {
    // There is nothing.
  }
}

/** Remembers a text; a browser that keeps nothing has it for this visit only. */
export function remember(name: string, text: string): void {
  try {
    localStorage.setItem(`ssmd.${name}`, text);
  } catch {
    // The choice holds for this visit.
  }
}
