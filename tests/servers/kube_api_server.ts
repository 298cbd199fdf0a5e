import { generateKeyPairSync } from "node:crypto";
import { freePort } from "./free_port.ts";
import { endServer, ServerProgram } from "./program.ts";

/** Kubernetes API server with its etcd on loopback; nothing runs pods. */
export interface KubeApiServer extends AsyncDisposable {
  readonly port: number;
  /** Bearer token of an administrator. */
  readonly token: string;
  /** File of its CA certificate. */
  readonly certificatePath: string;
  /** Runs kubectl as administrator, with `input` as its stdin. */
  kubectl(args: readonly string[], input?: string): Promise<Ran>;
  /** Applies definitions of kinds, files or folders, and waits until they are known. */
  define(...paths: string[]): Promise<void>;
}

/** Result of kubectl. */
interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Version of Kubernetes that tests run against; `.ci/run` builds it. */
const KUBERNETES_VERSION = "1.36.3";
const CACHE = Deno.env.get("SSMD_CI_DIR") ?? `${Deno.env.get("HOME")}/.cache/ssmd-ci`;
const API_SERVER = new ServerProgram(
  `${CACHE}/kube-apiserver-${KUBERNETES_VERSION}/kube-apiserver`,
  "kube-apiserver",
);
const ETCD = new ServerProgram("etcd");
const KUBECTL = "kubectl";
const TOKEN = "a-token-of-the-tests";

/** Whether its programs are installed; SSMD_REQUIRE_SERVICES=1 makes missing ones a failure. */
export function kubeApiServerAvailable(): boolean {
  return API_SERVER.isAvailable && ETCD.isAvailable;
}

/** Starts a server with its own folder and waits until it is ready. */
export async function startKubeApiServer(): Promise<KubeApiServer> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-kubernetes-" });
  const etcdUrl = `http://127.0.0.1:${freePort()}`;
  const etcd = await startEtcd(dir, etcdUrl);
  const stop = async (...children: Deno.ChildProcess[]) => {
    for (const child of children) await endServer(child);
    await Deno.remove(dir, { recursive: true });
  };
  const port = freePort();
  const certificatePath = `${dir}/certificates/apiserver.crt`;
  try {
    const args = await argumentsOf(dir, { etcdUrl, port });
    const kubectl = await kubectlOf(dir, { port, certificatePath });
    const server = await API_SERVER.launch(
      { args },
      async () =>
        await isReady(port, certificatePath) &&
        // Created some time after it reports ready.
        (await kubectl(["get", "namespace", "default"])).code === 0,
    );
    return {
      ...{ port, token: TOKEN, certificatePath, kubectl },
      define: (...paths) => define(kubectl, paths),
      [Symbol.asyncDispose]: () => stop(server, etcd),
    };
  } catch (error) {
    await stop(etcd);
    throw error;
  }
}

async function startEtcd(dir: string, url: string): Promise<Deno.ChildProcess> {
  const peers = `http://127.0.0.1:${freePort()}`;
  const args = [
    ...["--data-dir", `${dir}/etcd`, "--unsafe-no-fsync"],
    ...["--listen-client-urls", url, "--advertise-client-urls", url],
    ...["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers],
    ...["--initial-cluster", `default=${peers}`],
  ];
  return await ETCD.launch({ args }, () => answers(`${url}/health`));
}

async function argumentsOf(
  dir: string,
  { etcdUrl, port }: { etcdUrl: string; port: number },
): Promise<string[]> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = `${dir}/accounts.key`;
  await Deno.writeTextFile(key, privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  const tokens = `${dir}/tokens.csv`;
  await Deno.writeTextFile(tokens, `${TOKEN},tests,tests,"system:masters"\n`);
  return [
    ...[`--etcd-servers=${etcdUrl}`, "--bind-address=127.0.0.1", `--secure-port=${port}`],
    ...[`--cert-dir=${dir}/certificates`, `--token-auth-file=${tokens}`],
    ...["--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/24"],
    "--service-account-issuer=https://kubernetes.default.svc",
    ...[`--service-account-signing-key-file=${key}`, `--service-account-key-file=${key}`],
    // Nothing here creates the account `default` of a namespace, which the plugin requires.
    ...["--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none"],
  ];
}

async function isReady(port: number, certificatePath: string): Promise<boolean> {
  try {
    using client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(certificatePath)] });
    return await answers(`https://127.0.0.1:${port}/readyz`, client);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function answers(url: string, client?: Deno.HttpClient): Promise<boolean> {
  try {
    const answer = await fetch(url, client === undefined ? {} : { client });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

async function kubectlOf(
  dir: string,
  { port, certificatePath }: { port: number; certificatePath: string },
): Promise<KubeApiServer["kubectl"]> {
  const config = {
    ...{ apiVersion: "v1", kind: "Config", "current-context": "tests" },
    clusters: [{
      name: "tests",
      cluster: {
        server: `https://127.0.0.1:${port}`,
        "certificate-authority": certificatePath,
      },
    }],
    users: [{ name: "tests", user: { token: TOKEN } }],
    contexts: [{ name: "tests", context: { cluster: "tests", user: "tests" } }],
  };
  await Deno.writeTextFile(`${dir}/kubeconfig.json`, JSON.stringify(config));
  const common = [`--kubeconfig=${dir}/kubeconfig.json`, `--cache-dir=${dir}/kubectl`];
  return async (args, input = "") => {
    const child = new Deno.Command(KUBECTL, {
      args: [...common, ...args],
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
    const { code, stdout, stderr } = await child.output();
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  };
}

async function define(kubectl: KubeApiServer["kubectl"], paths: readonly string[]): Promise<void> {
  const files = paths.flatMap((path) => ["-f", path]);
  const every = ["--for=condition=Established", "--timeout=120s", ...files];
  for (const args of [["apply", "--server-side", ...files], ["wait", ...every]]) {
    const { code, stderr } = await kubectl(args);
    if (code !== 0) throw new Error(stderr);
  }
}
