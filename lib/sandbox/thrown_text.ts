const TEXT_MAX = 500;

/** Returns what an author's code threw as bounded text; reading it may throw again. */
export function thrownText(error: unknown): string {
  try {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return text.slice(0, TEXT_MAX);
  } catch {
    return "something that cannot be read was thrown";
  }
}
