import { fileURLToPath } from "node:url";
import type { CertificateFiles } from "./certificates.ts";
import { endServer } from "./program.ts";

const PROXY = fileURLToPath(new URL("tls_proxy.py", import.meta.url));

/** Options of {@linkcode tlsProxy}. */
interface TlsProxyOptions extends CertificateFiles {
  /** `127.0.0.1:{port}` of what speaks in clear. */
  target: string;
  /** File of who signs certificates of callers: without one nobody is let in. */
  clientCa: string;
}

/** Ends mutual TLS before a server of gRPC on loopback. */
export async function tlsProxy(
  { target, clientCa, certificatePath, privateKeyPath }: TlsProxyOptions,
): Promise<{ address: string } & AsyncDisposable> {
  const child = new Deno.Command("python3", {
    args: [PROXY, certificatePath, privateKeyPath, clientCa, target],
    ...{ stdout: "piped", stderr: "null" },
  }).spawn();
  const [reader, text] = [child.stdout.getReader(), new TextDecoder()];
  const { value } = await reader.read();
  return {
    address: `127.0.0.1:${text.decode(value).trim()}`,
    [Symbol.asyncDispose]: async () => {
      await reader.cancel();
      await endServer(child);
    },
  };
}
