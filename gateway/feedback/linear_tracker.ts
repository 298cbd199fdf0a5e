import { z } from "zod";
import type { Priority } from "./entry.ts";
import {
  type IssueTracker,
  type OutgoingIssue,
  postJson,
  refusedByTracker,
} from "./issue_tracker.ts";

/** Options of {@linkcode linearTracker}. */
interface LinearOptions {
  /** `https://api.linear.app/graphql` */
  url: string;
  /** Id of the team that receives the issues, a UUID. */
  teamId: string;
  /** Personal API key, or `Bearer …` of an OAuth token. */
  token: string;
}

const CREATE = `mutation IssueCreate($input: IssueCreateInput!) {
  issueCreate(input: $input) { success issue { id identifier url } }
}`;
const FIND = `query Issue($id: String!) { issue(id: $id) { id identifier url } }`;

/** Linear: 1 urgent, 2 high, 3 medium, 4 low. */
const PRIORITY: Readonly<Record<Priority, number>> = { high: 2, medium: 3, low: 4 };

const ISSUE = z.object({ id: z.string(), url: z.string() });
const ANSWER = z.object({
  data: z.object({
    issue: ISSUE.nullish(),
    issueCreate: z.object({ success: z.boolean(), issue: ISSUE.nullish() }).nullish(),
  }).nullish(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});

/** Creates issues in Linear over its GraphQL API; the key is the issue's id there. */
export function linearTracker({ url, teamId, token }: LinearOptions): IssueTracker {
  const ask = async (query: string, variables: Record<string, unknown>) => {
    const body = JSON.stringify({ query, variables });
    const response = await postJson(url, { authorization: token }, body);
    const answer = ANSWER.safeParse(await response.json().catch(() => undefined));
    if (!answer.success) throw refusedByTracker("an answer that is not Linear's");
    return answer.data;
  };
  const find = async (key: string) => (await ask(FIND, { id: key })).data?.issue ?? undefined;
  return {
    create: async ({ key, isRetry, title, body, priority }: OutgoingIssue) => {
      const known = isRetry ? await find(key) : undefined;
      if (known !== undefined) return known.url;
      const input = {
        ...{ id: key, teamId, title, description: body, priority: PRIORITY[priority] },
      };
      const { data, errors = [] } = await ask(CREATE, { input });
      const issue = data?.issueCreate?.issue;
      if (data?.issueCreate?.success && issue) return issue.url;
      throw refusedByTracker(errors[0]?.message ?? "no reason is given");
    },
  };
}
