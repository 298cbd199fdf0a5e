/** Whether a file or folder exists and can be examined. */
export function pathExists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
