import { X509Certificate } from "node:crypto";
import { createServer, type ServerOptions } from "node:https";
import type { RequestListener, Server } from "node:http";
import type { TLSSocket } from "node:tls";
import type { GatewaySpec } from "@ssmd/metadata";
import {
  assertPair,
  certificatesOf,
  ConfigError,
  type Logger,
  messageOf,
  SsmdError,
} from "@ssmd/runtime";
import { GATEWAY_LIMITS } from "../limits.ts";

/** Files of the gateway's certificate, and of the CA that signs client certificates. */
type TlsSpec = NonNullable<GatewaySpec["tls"]>;

/** Options of {@linkcode TlsFiles}. */
interface TlsFilesOptions {
  logger: Logger;
  /** Interval of checks for changed files, ms; default GATEWAY_LIMITS. */
  reloadEveryMs?: number;
}

/** Texts of the files (PEM). */
interface TlsTexts {
  cert: string;
  key: string;
  ca: string | undefined;
}

/**
 * The gateway's certificate, reloaded when its files change. Open connections stay; but when
 * `client_ca` changes, clients with a certificate are disconnected, to present it again. Files that
 * do not match are logged, and the previous ones stay in use.
 */
export class TlsFiles {
  #spec: TlsSpec;
  #logger: Logger;
  #texts: TlsTexts;
  #server: Server | undefined;
  #timer: ReturnType<typeof setInterval>;
  #problem = "";
  /** Sockets with a client certificate. */
  #shown = new Set<TLSSocket>();

  private constructor(spec: TlsSpec, texts: TlsTexts, options: TlsFilesOptions) {
    this.#spec = spec;
    this.#texts = texts;
    this.#logger = options.logger;
    const everyMs = options.reloadEveryMs ?? GATEWAY_LIMITS.tlsReloadEveryMs;
    this.#timer = setInterval(() => void this.reload(), everyMs);
  }

  /** Loads the files. Throws ConfigError `TLS_FILES_UNUSABLE`. */
  static async open(spec: TlsSpec, options: TlsFilesOptions): Promise<TlsFiles> {
    return new TlsFiles(spec, await readTexts(spec), options);
  }

  /** Creates a TLS server; clients without a certificate may connect, to present a key. */
  serve(options: ServerOptions, listener: RequestListener): Server {
    const server = createServer({
      ...options,
      ...this.#context(),
      ALPNProtocols: ["http/1.1"],
      handshakeTimeout: GATEWAY_LIMITS.headersMs,
      requestCert: this.#spec.client_ca !== undefined,
      // Certificates are checked per request, which can be refused with a reason.
      rejectUnauthorized: false,
    }, listener);
    server.on("secureConnection", (socket: TLSSocket) => this.#watch(socket));
    return this.#server = server as unknown as Server;
  }

  /** Checks the files now. */
  async reload(): Promise<void> {
    try {
      const texts = await readTexts(this.#spec);
      if (this.#problem !== "") this.#logger.info("the files of the certificate can be used again");
      this.#problem = "";
      this.#use(texts);
    } catch (error) {
      const problem = messageOf(error);
      if (problem === this.#problem) return;
      this.#problem = problem;
      this.#logger.error("the certificate stays as it is", { error: problem });
    }
  }

  /** Stops checking the files. */
  close(): void {
    clearInterval(this.#timer);
  }

  #context() {
    const { cert, key, ca } = this.#texts;
    return { cert, key, ...(ca === undefined ? {} : { ca }) };
  }

  #use(texts: TlsTexts): void {
    const before = this.#texts;
    if (texts.cert === before.cert && texts.key === before.key && texts.ca === before.ca) return;
    this.#texts = texts;
    // The type of node:http lacks `setSecureContext`.
    const server = this.#server as (Server & { setSecureContext?(context: object): void });
    server?.setSecureContext?.(this.#context());
    this.#logger.info("the files of the certificate changed and are in use", {
      expires: new X509Certificate(texts.cert).validTo,
    });
    if (texts.ca === before.ca) return;
    for (const socket of this.#shown) socket.destroy();
  }

  #watch(socket: TLSSocket): void {
    if (!hasCertificate(socket)) return;
    this.#shown.add(socket);
    socket.on("close", () => this.#shown.delete(socket));
  }
}

/** Whether the peer presented a certificate, from any issuer. */
function hasCertificate(socket: TLSSocket): boolean {
  return Object.keys(socket.getPeerCertificate() ?? {}).length > 0;
}

async function readTexts({ cert, key, client_ca: ca }: TlsSpec): Promise<TlsTexts> {
  const texts = {
    cert: await readText("cert", cert),
    key: await readText("key", key),
    ca: ca === undefined ? undefined : await readText("client_ca", ca),
  };
  checked("cert", () => certificatesOf(texts.cert));
  // Checked here: a server whose key does not match its certificate starts but serves no one.
  checked("key", () => assertPair(texts.cert, texts.key));
  const { ca: authority } = texts;
  if (authority !== undefined) checked("client_ca", () => certificatesOf(authority));
  return texts;
}

function checked(field: string, check: () => unknown): void {
  try {
    check();
  } catch (cause) {
    throw unusable(field, messageOf(cause), cause);
  }
}

async function readText(field: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw unusable(field, messageOf(cause), cause);
  }
}

function unusable(field: string, why: string, cause?: unknown): SsmdError {
  return new ConfigError("TLS_FILES_UNUSABLE", `gateway.tls.${field} cannot be used: ${why}`, {
    cause,
    hint: "Check the files that gateway.tls of the environment names",
  });
}
