/**
 * Creates a file for the owner only, and its folder; SQLite gives its other files the same mode. A
 * file that exists is left as it is.
 */
export function createPrivateFile(path: string): void {
  const at = path.lastIndexOf("/");
  if (at > 0) Deno.mkdirSync(path.slice(0, at), { recursive: true });
  Deno.openSync(path, { create: true, write: true, mode: 0o600 }).close();
}
