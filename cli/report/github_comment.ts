import { z } from "zod";
import { messageOf, SsmdError } from "@ssmd/runtime";

const ANSWER_MS_MAX = 20_000;
/** Page size of GitHub's comment list, and the maximum number of pages searched. */
const LISTED = 100;
const LISTS_MAX = 50;
/** Maximum length of a GitHub comment. */
const BODY_CHARACTERS_MAX = 65_536;
const CUT = "\n\n… cut here: it is too long for a comment\n";

const COMMENT = z.looseObject({
  id: z.int(),
  html_url: z.string(),
  body: z.string().nullish(),
});

/** Target pull request. */
interface PullRequest {
  /** Base URL of the API: `https://api.github.com`. */
  url: string;
  /** `owner/name` */
  repo: string;
  number: number;
  token: string;
}

/** Comment posted at most once per pull request and updated afterwards. */
interface OwnComment {
  /** Distinguishes it from other comments of ssmd. */
  name: string;
  text: string;
}

/**
 * Posts a comment, or updates the one posted before. Resolves with its URL. Throws SsmdError
 * `GITHUB_REFUSED` or `GITHUB_UNAVAILABLE`.
 */
export async function postComment(
  pull: PullRequest,
  { name, text }: OwnComment,
): Promise<{ url: string; updated: boolean }> {
  const marker = `<!-- ssmd report: ${name} -->\n`;
  const left = BODY_CHARACTERS_MAX - marker.length;
  const shown = text.length <= left ? text : text.slice(0, left - CUT.length) + CUT;
  const known = await findComment(pull, marker);
  const body = JSON.stringify({ body: marker + shown });
  const repo = `/repos/${pull.repo}/issues`;
  const answer = known === undefined
    ? await ask(pull, "POST", `${repo}/${pull.number}/comments`, body)
    : await ask(pull, "PATCH", `${repo}/comments/${known}`, body);
  return { url: COMMENT.parse(answer).html_url, updated: known !== undefined };
}

async function findComment(pull: PullRequest, marker: string): Promise<number | undefined> {
  const path = `/repos/${pull.repo}/issues/${pull.number}/comments?per_page=${LISTED}&page=`;
  for (let page = 1; page <= LISTS_MAX; page++) {
    const comments = z.array(COMMENT).parse(await ask(pull, "GET", `${path}${page}`));
    const own = comments.find(({ body }) => body?.replaceAll("\r", "").startsWith(marker));
    if (own !== undefined) return own.id;
    if (comments.length < LISTED) return undefined;
  }
  return undefined;
}

async function ask(
  { url, token }: PullRequest,
  ...[method, path, body]: [method: string, path: string, body?: string]
): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url + path, {
      ...{ method, redirect: "error", signal: AbortSignal.timeout(ANSWER_MS_MAX) },
      headers: {
        ...{ authorization: `Bearer ${token}`, accept: "application/vnd.github+json" },
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body }),
    });
  } catch (error) {
    throw new SsmdError("GITHUB_UNAVAILABLE", `${url} does not answer: ${messageOf(error)}`, {
      hint: "Check the network and --url",
      retryable: true,
    });
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer;
  const { status } = response;
  const why = z.looseObject({ message: z.string() }).safeParse(answer).data?.message ?? "";
  throw new SsmdError("GITHUB_REFUSED", `GitHub answers with HTTP ${status}: ${why}`, {
    context: { status },
    hint: status === 404
      ? "Check --repo and --pull; a token that may not see a repository gets this answer, too"
      : "The token in SSMD_GITHUB_TOKEN needs the right to write to pull requests",
  });
}
