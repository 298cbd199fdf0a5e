import { freePort } from "./free_port.ts";
import type { KubeApiServer } from "./kube_api_server.ts";
import { endServer, ServerProgram } from "./program.ts";

/** The sealed-secrets controller, as in a cluster. */
export interface SealedSecretsController extends AsyncDisposable {
  /** Sealing certificate, as `kubeseal --fetch-cert` prints it. */
  readonly certificate: string;
}

/** Version of the controller that tests run; `.ci/run` builds it. */
const SEALED_SECRETS_VERSION = "0.40.0";
const CACHE = Deno.env.get("SSMD_CI_DIR") ?? `${Deno.env.get("HOME")}/.cache/ssmd-ci`;
const CONTROLLER = new ServerProgram(
  `${CACHE}/sealed-secrets-${SEALED_SECRETS_VERSION}/controller`,
);
/** It reads the address of the API server from a folder that only pods have, so it gets its own /run. */
const UNSHARE = new ServerProgram("unshare");
const ACCOUNT = "/run/secrets/kubernetes.io/serviceaccount";
const OWN_RUN =
  `mount -t tmpfs none /run && mkdir -p ${ACCOUNT} && cp "$1"/* ${ACCOUNT} && shift && exec "$@"`;

/**
 * Whether tests with it can run: SSMD_REQUIRE_SERVICES=1 makes a missing program a failure, not a
 * machine on which nobody may make a mount namespace.
 */
export function sealedSecretsControllerAvailable(): boolean {
  return CONTROLLER.isAvailable && UNSHARE.path !== undefined &&
    new Deno.Command(UNSHARE.path, {
      args: ["-m", "mount", "-t", "tmpfs", "none", "/run"],
      stderr: "null",
    }).outputSync().success;
}

/** Starts a controller on an API server with the kind SealedSecret; waits for its certificate. */
export async function startSealedSecretsController(
  server: KubeApiServer,
): Promise<SealedSecretsController> {
  const { path } = CONTROLLER;
  if (path === undefined) throw new Deno.errors.NotFound("the controller is not installed here");
  const account = await Deno.makeTempDir({ prefix: "ssmd-account-" });
  await Deno.writeTextFile(`${account}/token`, server.token);
  await Deno.writeTextFile(`${account}/namespace`, "default");
  await Deno.copyFile(server.certificatePath, `${account}/ca.crt`);
  const port = freePort();
  const listens = [
    `--listen-addr=127.0.0.1:${port}`,
    `--listen-metrics-addr=127.0.0.1:${freePort()}`,
  ];
  const args = ["-m", "sh", "-c", OWN_RUN, "sh", account, path, ...listens];
  const env = { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: `${server.port}` };
  let certificate = "";
  const child = await UNSHARE.launch({ args, env }, async () => {
    certificate = await certificateAt(port);
    return certificate !== "";
  });
  return {
    get certificate() {
      return certificate;
    },
    [Symbol.asyncDispose]: async () => {
      await endServer(child);
      await Deno.remove(account, { recursive: true });
    },
  };
}

async function certificateAt(port: number): Promise<string> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/cert.pem`);
    const text = await answer.text();
    return answer.ok ? text : "";
  } catch {
    return "";
  }
}
