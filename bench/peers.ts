/** Tools of others that benches measure beside this one: where they are, and how they are installed. @module */
import { parseArgs } from "node:util";
import { Talker } from "./gateway_processes.ts";

/** Name and version; the versions that docs/performance.md has figures of. */
const NPM = { "tardis-dev": "13.35.3", ccxt: "4.5.84" } as const;
const PYPI = { nautilus_trader: "1.231.0", bytewax: "0.21.1" } as const;
const PROGRAMS = {
  "tardis-dev": "peers_tardis.mjs",
  ccxt: "peers_ccxt.mjs",
  nautilus_trader: "peers_nautilus.py",
  bytewax: "peers_bytewax.py",
} as const;

/** Without modules of PYTHONPATH, which are not the environment's. */
const PLAIN = ["-E", "-W", "ignore"] as const;

/** A tool that may be measured beside this one. */
export type PeerName = keyof typeof PROGRAMS;

/** A round of a peer. */
export interface PeerRound {
  /** What is done, one of the names that its program knows. */
  stage: string;
  /** A file with one frame or record a line. */
  file: string;
  /** How often, each time from the start. */
  repeats: number;
}

/** Where the peers are, and whether missing ones are installed. */
export interface PeerFlags {
  /** Undefined = none, or with `install` a temporary folder. */
  folder: string | undefined;
  install: boolean;
  /** Undefined = the bench's usual number. */
  rounds: number | undefined;
}

/** `--peers=<folder> --install --rounds=<number>`; others belong to other benches of the same run. */
export function peerFlags(args: readonly string[]): PeerFlags {
  const { values } = parseArgs({
    args: [...args],
    strict: false,
    options: {
      peers: { type: "string" },
      install: { type: "boolean" },
      rounds: { type: "string" },
    },
  });
  return {
    folder: typeof values.peers === "string" ? values.peers : undefined,
    install: values.install === true,
    rounds: typeof values.rounds === "string" ? Number(values.rounds) : undefined,
  };
}

/** A peer's process. */
export class Peer {
  readonly name: string;
  readonly #talker: Talker;

  constructor(name: string, talker: Talker) {
    this.name = name;
    this.#talker = talker;
  }

  /** CPU time of a round per line of the file, µs. Throws when the peer made nothing of the lines. */
  async costUs(round: PeerRound): Promise<number> {
    const { us, made } = await this.#talker.ask<{ us: number; made: number }>(
      JSON.stringify(round),
    );
    if (made === 0) throw new RangeError(`${this.name} made nothing in ${round.stage}`);
    return us;
  }

  async end(): Promise<void> {
    await this.#talker.end();
  }
}

/** The peers of a run; says in a line which of the asked ones are missing and why. */
export class Peers implements AsyncDisposable {
  readonly #peers = new Map<PeerName, Peer>();
  #temporary: string | undefined;

  /** Starts those that are there or can be installed. */
  static async open(flags: PeerFlags, names: readonly PeerName[]): Promise<Peers> {
    const peers = new Peers();
    let { folder } = flags;
    if (folder === undefined && flags.install) {
      folder = peers.#temporary = await Deno.makeTempDir({ prefix: "ssmd-peers-" });
    }
    for (const name of names) {
      const reason = folder === undefined
        ? "no folder of peers is given: --peers=<folder>, or --install"
        : await peers.#start(folder, name, flags.install);
      if (reason !== undefined) console.log(`without ${name}: ${reason}`);
    }
    return peers;
  }

  get(name: PeerName): Peer | undefined {
    return this.#peers.get(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#peers.values()) await peer.end();
    if (this.#temporary !== undefined) await Deno.remove(this.#temporary, { recursive: true });
  }

  /** Undefined = started; else why not. */
  async #start(folder: string, name: PeerName, install: boolean): Promise<string | undefined> {
    const isNpm = name in NPM;
    const installed = isNpm ? `${folder}/node_modules/${name}` : `${folder}/${name}/bin/python`;
    if (!exists(installed)) {
      if (!install) return `it is not in ${folder}; --install installs it there`;
      const reason = isNpm ? await installNpm(folder, name) : await installPypi(folder, name);
      if (reason !== undefined) return reason;
    }
    const program = new URL(PROGRAMS[name], import.meta.url).pathname;
    const talker = isNpm
      ? new Talker("node", [program, folder])
      : new Talker(installed, [...PLAIN, program]);
    try {
      const { version } = JSON.parse(await talker.line());
      this.#peers.set(name, new Peer(`${name} ${version}`, talker));
      return undefined;
    } catch (error) {
      return `it does not start: ${error}`;
    }
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Undefined = it went well; else the last line of what it said. */
async function run(program: string, args: string[]): Promise<string | undefined> {
  try {
    const command = new Deno.Command(program, { args, stdin: "null" });
    const { success, stderr } = await command.output();
    if (success) return undefined;
    return new TextDecoder().decode(stderr).trim().split("\n").at(-1) || `${program} failed`;
  } catch (error) {
    return `${program}: ${error instanceof Error ? error.message : error}`;
  }
}

async function installNpm(folder: string, name: PeerName): Promise<string | undefined> {
  const version = (NPM as Partial<Record<PeerName, string>>)[name];
  const quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"];
  return await run("npm", ["install", "--prefix", folder, ...quiet, `${name}@${version}`]);
}

/** Into a virtual environment of its own, of the newest Python that has a wheel. */
async function installPypi(folder: string, name: PeerName): Promise<string | undefined> {
  const wanted = `${name}==${(PYPI as Partial<Record<PeerName, string>>)[name]}`;
  const reasons: string[] = [];
  for (const python of pythons()) {
    const reason = await run(python, ["-E", "-m", "venv", `${folder}/${name}`]) ??
      await run(`${folder}/${name}/bin/python`, [
        ...["-E", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"],
        ...["--only-binary=:all:", wanted],
      ]);
    if (reason === undefined) return undefined;
    reasons.push(`${python}: ${reason}`);
    if (exists(`${folder}/${name}`)) await Deno.remove(`${folder}/${name}`, { recursive: true });
  }
  return reasons.join("; ");
}

/** Pythons of the PATH and of pyenv, the newest first. */
function pythons(): string[] {
  const versions = `${Deno.env.get("PYENV_ROOT") ?? `${Deno.env.get("HOME")}/.pyenv`}/versions`;
  const minors = ["3.14", "3.13", "3.12", "3.11"];
  const kept = exists(versions) ? [...Deno.readDirSync(versions)].map(({ name }) => name) : [];
  return minors.flatMap((minor) => [
    ...kept.filter((name) => name.startsWith(`${minor}.`)).map((name) =>
      `${versions}/${name}/bin/python3`
    ),
    `python${minor}`,
  ]);
}
