import process from "node:process";

let running = 0;
let hidden: PropertyDescriptor | undefined;

/**
 * Runs `body` with an empty `process.env`: packages that read environment variables while loading
 * would otherwise need permission for all of them. May run concurrently.
 */
export async function withoutVariables<T>(body: () => T | Promise<T>): Promise<T> {
  if (running++ === 0) {
    hidden = Object.getOwnPropertyDescriptor(process, "env");
    Object.defineProperty(process, "env", { value: {}, configurable: true, writable: true });
  }
  try {
    return await body();
  } finally {
    if (--running === 0 && hidden !== undefined) Object.defineProperty(process, "env", hidden);
  }
}
