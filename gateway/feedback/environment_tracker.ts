import { type DeployedIssues, type Deployment, feedbackPath } from "@ssmd/metadata";
import type { FeedbackOptions } from "./open_feedback.ts";
import type { IssueTracker } from "./issue_tracker.ts";
import { linearTracker } from "./linear_tracker.ts";
import { webhookTracker } from "./webhook_tracker.ts";

/** Returns the feedback options of an environment. */
export function environmentFeedback(
  { environment, dataDir, issues }: Pick<Deployment, "environment" | "dataDir" | "issues">,
): FeedbackOptions {
  const path = feedbackPath(environment, dataDir);
  return issues === undefined
    ? { path }
    : { path, tracker: trackerOf(issues), sendFrom: issues.from };
}

function trackerOf(issues: DeployedIssues): IssueTracker {
  const { url, credentials: { token = "", secret } } = issues;
  return issues.type === "linear"
    ? linearTracker({ url, teamId: issues.team_id, token })
    : webhookTracker({ url, ...(secret === undefined ? {} : { secret }) });
}
