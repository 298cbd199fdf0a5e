import assert from "node:assert/strict";

const MAIN = new URL("../main.ts", import.meta.url).pathname;

/** What a process left. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** A project in a folder of its own, with git, for tests on real processes. */
export class Project {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Runs a test in a new project with an empty git repository. */
  static async use(test: (project: Project) => Promise<void>): Promise<void> {
    const project = new Project(await Deno.realPath(await Deno.makeTempDir({ prefix: "ssmd-" })));
    try {
      await project.git("init", "-q", "-b", "main");
      await test(project);
    } finally {
      await Deno.remove(project.dir, { recursive: true });
    }
  }

  /** Runs `ssmd` in the project. */
  ssmd(...args: string[]): Promise<Ran> {
    return this.#run(Deno.execPath(), ["run", "-q", "-A", "--no-check", MAIN, ...args], {});
  }

  /** As {@linkcode Project.ssmd}; fails unless it ends with 0. Returns stdout. */
  async ok(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.ssmd(...args);
    assert.equal(code, 0, `ssmd ${args.join(" ")}\n${stdout}${stderr}`);
    return stdout;
  }

  /** As {@linkcode Project.ok}, of the JSON that it prints. */
  async json(...args: string[]): Promise<unknown> {
    return JSON.parse(await this.ok(...args, "--output", "json"));
  }

  /** Runs git in the project; `day` dates a commit. Returns stdout. */
  async git(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.#run("git", args, {});
    assert.equal(code, 0, `git ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** Commits all there is at a time. */
  async commitAt(time: string, message: string): Promise<void> {
    await this.git("add", "-A");
    const dates = { GIT_AUTHOR_DATE: time, GIT_COMMITTER_DATE: time };
    const { code, stderr } = await this.#run("git", ["commit", "-q", "-m", message], dates);
    assert.equal(code, 0, stderr);
  }

  /** A file of the project. */
  read(path: string): Promise<string> {
    return Deno.readTextFile(`${this.dir}/${path}`);
  }

  /** Writes a file of the project. */
  write(path: string, text: string): Promise<void> {
    return Deno.writeTextFile(`${this.dir}/${path}`, text);
  }

  async #run(program: string, args: string[], env: Record<string, string>): Promise<Ran> {
    const output = await new Deno.Command(program, {
      args,
      cwd: this.dir,
      stdin: "null",
      env: {
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_AUTHOR_NAME: "Ada",
        GIT_AUTHOR_EMAIL: "ada@example.com",
        GIT_COMMITTER_NAME: "Ada",
        GIT_COMMITTER_EMAIL: "ada@example.com",
        ...env,
      },
    }).output();
    const text = new TextDecoder();
    return {
      code: output.code,
      stdout: text.decode(output.stdout),
      stderr: text.decode(output.stderr),
    };
  }
}
