/// <reference lib="dom" />

/** The used part of the service worker API, whose types would need a separate program. */
interface WorkerScope {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(type: string, listener: (event: WorkerEvent) => void): void;
}
interface WorkerEvent {
  request: Request;
  waitUntil(work: Promise<unknown>): void;
  respondWith(answer: Promise<Response>): void;
}

/** Cache of the page's files for when the gateway is away. */
const KEPT = "ssmd-page";
const FILES = ["/", "/app.js", "/app.css", "/icon.svg"];

const worker = self as unknown as WorkerScope;

worker.addEventListener("install", (event) => {
  event.waitUntil(keepFiles().then(() => worker.skipWaiting()));
});
worker.addEventListener("activate", (event) => {
  event.waitUntil(worker.clients.claim());
});
worker.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== location.origin || !FILES.includes(pathname)) return;
  event.respondWith(answer(event.request, pathname));
});

/** Caches the files loaded before this worker was installed. */
async function keepFiles(): Promise<void> {
  const cache = await caches.open(KEPT);
  for (const path of FILES) {
    const response = await fetch(path).catch(() => undefined);
    if (response?.ok === true) await cache.put(path, response);
  }
}

/** Answers from the gateway; falls back to the cache only when it is unreachable. */
async function answer(request: Request, pathname: string): Promise<Response> {
  const cache = await caches.open(KEPT);
  try {
    const response = await fetch(request);
    if (response.ok && !response.redirected) await cache.put(pathname, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(pathname);
    if (kept === undefined) throw error;
    return kept;
  }
}
