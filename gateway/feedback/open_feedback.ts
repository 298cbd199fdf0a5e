import type { Logger, Metrics } from "@ssmd/runtime";
import type { Access } from "../access/access.ts";
import type { AskRoute } from "../http/ask.ts";
import type { CallRate } from "../http/call_rate.ts";
import type { Route } from "../http/route.ts";
import type { Priority } from "./entry.ts";
import { Feedback } from "./feedback.ts";
import { FeedbackStore } from "./feedback_store.ts";
import { IssueSender } from "./issue_sender.ts";
import type { IssueTracker } from "./issue_tracker.ts";
import { feedbackRoutes } from "./routes.ts";

/** Options of the feedback store and the issue tracker. */
export interface FeedbackOptions {
  /** SQLite file; absent = memory. */
  path?: string;
  /** Tracker that receives issues of sufficient priority; absent = none. */
  tracker?: IssueTracker;
  /** Minimum priority of these issues; default high. */
  sendFrom?: Priority;
}

/** The feedback routes and their closer. */
interface OpenFeedback {
  routes: Route[];
  close(): Promise<void>;
}

/** Opens the store and starts sending pending issues. Throws StorageError. */
export function openFeedback(
  { path, tracker, sendFrom = "high" }: FeedbackOptions,
  parts: {
    env: string;
    rate: CallRate;
    askAs: (access: Access) => AskRoute;
    logger: Logger;
    metrics: Metrics;
  },
): OpenFeedback {
  const store = new FeedbackStore(path);
  const sender = tracker && new IssueSender({ ...parts, store, tracker });
  const feedback = new Feedback({
    ...{ store, metrics: parts.metrics },
    sendFrom: tracker === undefined ? undefined : sendFrom,
    onPending: () => sender?.wake(),
  });
  return {
    routes: feedbackRoutes({ ...parts, feedback, store }),
    close: async () => {
      await sender?.close();
      store[Symbol.dispose]();
    },
  };
}
