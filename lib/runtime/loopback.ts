/** Returns whether a host or address is a loopback address, unreachable from other machines. */
export function isLoopback(host: string): boolean {
  const plain = host.toLowerCase().replace(/^\[(.*)\]$/, "$1").replace(/^::ffff:/, "");
  return plain === "::1" || plain === "localhost" || /^127(\.\d{1,3}){3}$/.test(plain);
}
