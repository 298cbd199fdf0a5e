import { setTimeout as delay } from "node:timers/promises";
import type { CertificateFiles } from "./certificates.ts";
import { freePort } from "./free_port.ts";
import { ServerProgram } from "./program.ts";

/** PostgreSQL server on loopback with its data in a folder. */
export interface PostgresServer extends AsyncDisposable {
  /** `postgres://127.0.0.1:{port}/postgres` */
  readonly url: string;
  readonly port: number;
  /** Its superuser; no password is required. */
  readonly user: string;
  /** Writes `pg_hba.conf`; effective after the next start. */
  configureAccess(lines: string): Promise<void>;
  /** Runs SQL as its superuser. */
  query(sql: string): Promise<void>;
  /** Kills all of its processes at once (SIGKILL) and waits until they have ended. */
  kill(): Promise<void>;
  /** Pauses all of its processes (SIGSTOP): connections stay open and unanswered. */
  freeze(): void;
  /** Resumes them. */
  thaw(): void;
  /** Starts it on the same port and data, and waits until it answers. */
  start(): Promise<void>;
}

/** Version that tests run against; `.ci/run` installs it where it is missing. */
const POSTGRES_VERSION = 15;
const PROGRAMS = `/usr/lib/postgresql/${POSTGRES_VERSION}/bin`;
const PROGRAM = new ServerProgram(`${PROGRAMS}/postgres`);
const START_MS_MAX = 120_000;
const USER = "ssmd";
/** PostgreSQL refuses to run as root; this user owns its files instead. */
const NOBODY = "nobody";

/** Whether tests with a real server can run; SSMD_REQUIRE_SERVICES=1 makes a missing one a failure. */
export function postgresServerAvailable(): boolean {
  return PROGRAM.isAvailable;
}

/** TLS of a server, and the CA of its clients' certificates. */
interface ServerTls extends CertificateFiles {
  clientCa: string;
}

/** Creates a database and starts a server on it, with more settings such as `max_connections=9`. */
export async function startPostgresServer(
  settings: readonly string[] = [],
  tls?: ServerTls,
): Promise<PostgresServer> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-postgres-" });
  if (Deno.uid() === 0) await run(["chown", NOBODY, dir]);
  const encrypted = tls === undefined ? [] : await tlsSettings(dir, tls);
  const data = `${dir}/data`;
  const init = ["-A", "trust", "-U", USER, "-E", "UTF8", "--no-locale", "--no-sync", "-D", data];
  await run(asUser([`${PROGRAMS}/initdb`, ...init]));
  const port = freePort();
  const all = [
    ...["listen_addresses=127.0.0.1", `port=${port}`, `unix_socket_directories=${dir}`],
    // A killed process loses nothing already written to the system.
    ...["fsync=off", ...encrypted, ...settings],
  ];
  const launch = async () => {
    const child = spawn(
      asUser([`${PROGRAMS}/postgres`, "-D", data, ...all.flatMap((s) => ["-c", s])]),
    );
    await untilReady([`${PROGRAMS}/pg_isready`, "-h", "127.0.0.1", "-p", String(port)], child);
    return child;
  };
  let child = await launch();
  const kill = async () => {
    // While paused it starts no further process during the count.
    signal(child.pid, "SIGSTOP");
    const all = [child.pid, ...childrenOf(child.pid)];
    for (const pid of all) signal(pid, "SIGKILL");
    await child.status;
    // A process that is still connected would keep the next server from starting.
    while (all.some(isRunning)) await delay(5);
  };
  return {
    ...{ url: `postgres://127.0.0.1:${port}/postgres`, port, user: USER, kill },
    freeze: () => [child.pid, ...childrenOf(child.pid)].forEach((pid) => signal(pid, "SIGSTOP")),
    thaw: () => [child.pid, ...childrenOf(child.pid)].forEach((pid) => signal(pid, "SIGCONT")),
    query: (sql) => {
      const at = ["-h", "127.0.0.1", "-p", String(port), "-U", USER, "-d", "postgres"];
      return run([`${PROGRAMS}/psql`, "-q", "-v", "ON_ERROR_STOP=1", ...at, "-c", sql]);
    },
    configureAccess: (lines) => Deno.writeTextFile(`${data}/pg_hba.conf`, lines),
    start: async () => void (child = await launch()),
    [Symbol.asyncDispose]: async () => {
      await kill();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

/** Copies the files, as that user may have no access to theirs. */
async function tlsSettings(dir: string, files: ServerTls): Promise<string[]> {
  const { certificatePath, privateKeyPath, clientCa } = files;
  const settings = { ssl_cert_file: certificatePath, ssl_key_file: privateKeyPath };
  const named = Object.entries({ ...settings, ssl_ca_file: clientCa });
  for (const [name, path] of named) {
    await Deno.copyFile(path, `${dir}/${name}`);
    await Deno.chmod(`${dir}/${name}`, 0o600);
    if (Deno.uid() === 0) await run(["chown", NOBODY, `${dir}/${name}`]);
  }
  return ["ssl=on", ...named.map(([name]) => `${name}=${dir}/${name}`)];
}

/** The process tree is the same for every user: setpriv execs the program. */
function asUser(command: string[]): string[] {
  if (Deno.uid() !== 0) return command;
  return ["setpriv", `--reuid=${NOBODY}`, "--regid=nogroup", "--clear-groups", ...command];
}

function spawn([program = "", ...args]: string[]): Deno.ChildProcess {
  // That user may have no access to the folder of the tests.
  const options = { args, cwd: "/", stdout: "null", stderr: "null", stdin: "null" } as const;
  return new Deno.Command(program, options).spawn();
}

async function run([program = "", ...args]: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, cwd: "/" }).output();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
}

async function untilReady(ask: string[], child: Deno.ChildProcess): Promise<void> {
  const deadlineMs = Date.now() + START_MS_MAX;
  let hasEnded = false;
  void child.status.then(() => hasEnded = true);
  while (!(await spawn(ask).status).success) {
    if (hasEnded) throw new Error("PostgreSQL ended as it started");
    if (Date.now() > deadlineMs) {
      signal(child.pid, "SIGKILL");
      throw new Deno.errors.TimedOut("PostgreSQL did not answer");
    }
    await delay(20);
  }
}

function childrenOf(pid: number): number[] {
  const text = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`);
  return text.split(" ").filter((each) => each !== "").map(Number);
}

/** Whether a process is running. */
function isRunning(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return !"ZX".includes(stat.slice(stat.lastIndexOf(")") + 2).charAt(0));
  } catch {
    return false;
  }
}

function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch (error) {
    // It may already have ended.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
