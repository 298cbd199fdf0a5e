import assert from "node:assert/strict";
import { postComment } from "./github_comment.ts";

interface Stored {
  id: number;
  body: string;
  html_url: string;
}

/** Answers as GitHub's API does, for one pull request of `desk/ssmd`. */
async function withGitHub(
  body: (url: string, comments: Stored[], asked: string[]) => Promise<void>,
): Promise<void> {
  const comments: Stored[] = [];
  const asked: string[] = [];
  const serve = async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url);
    asked.push(`${request.method} ${pathname}`);
    if (request.headers.get("authorization") !== "Bearer t0ken") {
      return Response.json({ message: "Bad credentials" }, { status: 401 });
    }
    if (request.method === "GET" && pathname === "/repos/desk/ssmd/issues/7/comments") {
      const [size, page] = [Number(searchParams.get("per_page")), Number(searchParams.get("page"))];
      return Response.json(comments.slice((page - 1) * size, page * size));
    }
    const text = request.method === "GET" ? "" : (await request.json()).body as string;
    if (text.length > 65_536) {
      return Response.json({ message: "body is too long" }, { status: 422 });
    }
    if (request.method === "POST" && pathname === "/repos/desk/ssmd/issues/7/comments") {
      const id = comments.length + 1;
      const made = { id, body: text, html_url: `https://github.test/7#${id}` };
      comments.push(made);
      return Response.json(made, { status: 201 });
    }
    const known = comments.find(({ id }) => pathname === `/repos/desk/ssmd/issues/comments/${id}`);
    if (request.method !== "PATCH" || known === undefined) {
      return Response.json({ message: "Not Found" }, { status: 404 });
    }
    known.body = text;
    return Response.json(known);
  };
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, serve);
  try {
    await body(`http://127.0.0.1:${server.addr.port}`, comments, asked);
  } finally {
    await server.shutdown();
  }
}

const PULL = { repo: "desk/ssmd", number: 7, token: "t0ken" };

Deno.test("a second post replaces the text of the first, behind whatever others said", () =>
  withGitHub(async (url, comments) => {
    for (let id = 1; id <= 150; id++) comments.push({ id, body: `${id}`, html_url: "" });
    const pull = { ...PULL, url };
    const first = await postComment(pull, { name: "replay", text: "PASS" });
    assert.deepEqual(first, { url: "https://github.test/7#151", updated: false });
    for (let id = 152; id <= 260; id++) comments.push({ id, body: `${id}`, html_url: "" });
    const second = await postComment(pull, { name: "replay", text: "FAIL" });
    assert.deepEqual(second, { ...first, updated: true });
    await postComment(pull, { name: "other", text: "PASS" });
    assert.equal(comments.length, 261);
    assert.match(comments[150]?.body ?? "", /FAIL$/);
  }));

Deno.test("a text that is too long is cut, and says so", () =>
  withGitHub(async (url, comments) => {
    await postComment({ ...PULL, url }, { name: "replay", text: "x".repeat(100_000) });
    assert.equal(comments[0]?.body.length, 65_536);
    assert.match(comments[0]?.body ?? "", /cut here/);
  }));

Deno.test("a refusal names what is wrong, a host that is away is told as such", async () => {
  const comment = { name: "replay", text: "PASS" };
  let gone = "";
  await withGitHub(async (url) => {
    gone = url;
    await assert.rejects(postComment({ ...PULL, url, token: "no" }, comment), {
      code: "GITHUB_REFUSED",
      message: /401: Bad credentials/,
    });
    await assert.rejects(
      postComment({ ...PULL, url, number: 8 }, comment),
      /--repo and --pull|404/,
    );
  });
  await assert.rejects(postComment({ ...PULL, url: gone }, comment), {
    code: "GITHUB_UNAVAILABLE",
  });
});
