const ROOT = new URL("../../", import.meta.url).pathname;
const SUITE = "npm:@modelcontextprotocol/conformance@0.2.0-alpha.12";

/** Served revisions of the Model Context Protocol. */
export const MCP_REVISIONS = ["2025-11-25", "2026-07-28"] as const;

/** Result of one check of the suite. */
interface Check {
  id: string;
  status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  errorMessage?: string;
}

/** Result of the suite for a server. */
interface Conformance {
  passed: number;
  /** Checks that failed or gave a warning, sorted. */
  missed: string[];
  /** Messages of those checks. */
  report: string;
}

/**
 * Runs the protocol's official conformance suite against an MCP server over HTTP, with the checks of
 * one revision. Leaves out tasks, an extension that is not served.
 */
export async function mcpConformance(
  url: string,
  revision: (typeof MCP_REVISIONS)[number],
): Promise<Conformance> {
  const folder = await Deno.makeTempDir();
  try {
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-qA", "--frozen", "--cached-only", `--config=${ROOT}deno.json`, SUITE],
        ...["server", "--url", url, "--requirements", revision, "-o", folder],
      ],
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
      ...{ stdin: "null", stdout: "null", stderr: "piped" },
    }).output();
    const checks = [...Deno.readDirSync(folder)]
      .filter(({ name }) => !name.startsWith("server-tasks-"))
      .flatMap(({ name }): Check[] =>
        JSON.parse(Deno.readTextFileSync(`${folder}/${name}/checks.json`))
      );
    const missed = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
    return {
      passed: checks.filter(({ status }) => status === "SUCCESS").length,
      missed: missed.map(({ id }) => id).sort(),
      report: missed.map(({ id, errorMessage }) => `${id}: ${errorMessage}`).join("\n") +
        new TextDecoder().decode(stderr),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
