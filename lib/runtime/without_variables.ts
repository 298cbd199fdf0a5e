import process from "node:process";

let running = 0;
let hidden: PropertyDescriptor | undefined;

/**
 * Runs `body` with no variables of the environment in `process.env`: packages that list or read those
 * of others while they load would need the right to see them all. Several may run at once.
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
