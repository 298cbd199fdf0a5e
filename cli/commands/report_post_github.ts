import { z } from "zod";
import { ConfigError } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { file, parsed, text, whole } from "../command/flag.ts";
import { oneRow } from "../command/table.ts";
import { postComment } from "../report/github_comment.ts";
import { commentText } from "../revisions/comparison_view.ts";
import { variable } from "../terminal.ts";

const pattern = (shape: RegExp, means: string) => (value: string) => {
  if (shape.test(value)) return value;
  throw new RangeError(means);
};

export default defineCommand({
  name: "report post-github",
  brief: "Post a file as a comment on a GitHub pull request",
  description: "The report of ssmd env compare is posted as the text that a terminal shows. " +
    "A second run replaces the comment's text, so a pull request has one comment per --name. " +
    "A text too long for a comment is cut, with a note. Set SSMD_GITHUB_TOKEN to a token " +
    "with the right to write to pull requests. Exit code 1 when GitHub refuses.",
  examples: [
    "ssmd report post-github --file summary.md --repo desk/ssmd --pull 7 --url http://127.0.0.1:19201",
  ],
  flags: {
    file: file("Text of the comment, in Markdown, or a report", { required: true }),
    repo: parsed(
      pattern(/^[\w.-]+\/[\w.-]+$/, "a repository is owner/name"),
      "The repository",
      { placeholder: "owner/name", required: true },
    ),
    pull: whole("Number of the pull request", { placeholder: "number", required: true }),
    name: text("Name that identifies the comment", { default: "comparison", placeholder: "name" }),
    url: parsed(
      (value: string) =>
        pattern(/^https?:\/\/[^/]+/, "an address is http://host")(value).replace(/\/$/, ""),
      "Address of the API",
      { default: "https://api.github.com", placeholder: "url" },
    ),
  },
  output: z.object({ url: z.string(), updated: z.boolean() }),
  table: oneRow,
  async run({ flags: { file, repo, pull: number, name, url } }) {
    const token = variable("SSMD_GITHUB_TOKEN");
    if (token === undefined || token === "") {
      throw new ConfigError("GITHUB_TOKEN_MISSING", "No token for GitHub is set", {
        hint: "Set SSMD_GITHUB_TOKEN; in a workflow to the secret GITHUB_TOKEN",
      });
    }
    const text = commentText(await Deno.readTextFile(file));
    return await postComment({ url, repo, number, token }, { name, text });
  },
});
