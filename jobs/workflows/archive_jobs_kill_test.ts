import { openJobs } from "../job_service.ts";
import { surviveArchiveJobs } from "../testing/archive_job_kills.ts";

Deno.test("a reprocess, an export, a report and a backfill that are killed go on and do each part once", async () => {
  const dataDir = await Deno.makeTempDir();
  await surviveArchiveJobs({ dataDir, openBoard: () => openJobs(dataDir, "demo"), where: [] });
  await Deno.remove(dataDir, { recursive: true });
});
