import { fileURLToPath } from "node:url";
import type { CertificateFiles } from "./certificates.ts";
import { endServer } from "./program.ts";

const PROXY = fileURLToPath(new URL("tls_proxy.py", import.meta.url));

/** Options of {@linkcode tlsProxy}. */
interface TlsProxyOptions extends CertificateFiles {
  /** `127.0.0.1:{port}` of the plaintext server. */
  target: string;
  /** File of the authority for client certificates, which are required. */
  clientCa: string;
}

/** Terminates mutual TLS in front of a gRPC server on loopback. */
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
