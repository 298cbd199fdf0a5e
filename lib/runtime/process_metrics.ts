import { statfsSync } from "node:fs";
import { cpuUsage } from "node:process";
import { COMMIT, VERSION } from "./build.ts";
import { Metrics } from "./metrics.ts";

/**
 * Exports build and resource metrics: `ssmd_build_info`, memory, CPU time, start time, and free
 * space of the disk with `dataDir`; unreadable disks have no series.
 */
export function exportProcess(
  registry: Metrics["registry"],
  { component, dataDir }: { component: string; dataDir?: string },
): void {
  const labels = { component, version: VERSION, commit: COMMIT, deno: Deno.version.deno };
  new Metrics("build", registry)
    .gauge("info", "1, with what runs as labels.", { labels: Object.keys(labels) })
    .set(labels, 1);
  const metrics = new Metrics("process", registry);
  metrics.gauge("start_time_seconds", "Start of the process, seconds since 1970.")
    .set((Date.now() - performance.now()) / 1000);
  const memory = metrics.gauge("resident_memory_bytes", "Memory that the process holds.", {
    collect: () => {
      const { rss, heapUsed } = Deno.memoryUsage();
      memory.set(rss);
      heap.set(heapUsed);
      const { user, system } = cpuUsage();
      cpu.reset();
      cpu.inc((user + system) / 1e6);
    },
  });
  // Collected after `memory`, whose `collect` sets both.
  const heap = metrics.gauge("heap_bytes", "Memory of JavaScript that is in use.");
  const cpu = metrics.counter("cpu_seconds_total", "Processor time used, all threads.");
  if (dataDir !== undefined) exportDisk(metrics, dataDir);
}

function exportDisk(metrics: Metrics, dataDir: string): void {
  const free = metrics.gauge("disk_free_bytes", "Free space there, for this user.", {
    labels: ["folder"],
    collect: () => {
      try {
        const { bavail, blocks, bsize } = statfsSync(dataDir);
        free.set({ folder: dataDir }, bavail * bsize);
        size.set({ folder: dataDir }, blocks * bsize);
      } catch {
        // No folder yet, or its disk is gone: no series is better than stale values.
        free.reset();
        size.reset();
      }
    },
  });
  // Collected after `free`, whose `collect` sets both.
  const size = metrics.gauge("disk_size_bytes", "Size of the disk of the data folder.", {
    labels: ["folder"],
  });
}
