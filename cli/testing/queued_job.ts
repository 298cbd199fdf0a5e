/** Requests the end of the example archive's day, as a schedule does. @module */
import { END_DAY, newJob, openJobs } from "@ssmd/jobs";
import { nowUs } from "@ssmd/runtime";

const DAY = { feed: "kraken", version: "v1", day: "2026-08-01" };

using store = await openJobs("./data", "demo");
store.enqueue(newJob(END_DAY, { env: "demo", input: DAY, nowUs: nowUs() }));
