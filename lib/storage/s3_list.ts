import { TEMPORARY_PREFIX } from "@ssmd/runtime";
import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import { inCodeUnitOrder, type ServerOrder } from "./code_unit_order.ts";
import type { StoredObject } from "./storage.ts";

/** A listing request. */
interface Listed {
  bucket: string;
  /** Key prefix for callers that is not stored in the bucket. */
  cut: string;
  /** Prefix as named by the caller, including `cut`. */
  prefix: string;
  /** Order of the server's listing, known after its first response. */
  order: () => ServerOrder;
}

/** Requests one page. */
type Ask = (command: ListObjectsV2Command) => Promise<ListObjectsV2CommandOutput>;

/** Lists a bucket's objects page by page, in code unit order. */
export async function* listedObjects(
  listed: Listed,
  ask: Ask,
): AsyncGenerator<StoredObject, void> {
  const pages = pagesOf(listed, ask);
  const first = await pages.next();
  if (first.done) return;
  const order = listed.order();
  yield* inCodeUnitOrder(objectsOf(first.value, pages), { order, prefix: listed.prefix });
}

/**
 * Returns whether an answer is a page of a list, and a later one than its request's. Anything that
 * answers 200 would else be an empty list or a short one.
 */
export function isPageAfter(
  { IsTruncated, NextContinuationToken: next }: ListObjectsV2CommandOutput,
  { input }: ListObjectsV2Command,
): boolean {
  if (!IsTruncated) return IsTruncated === false;
  return next !== undefined && next !== "" && next !== input.ContinuationToken;
}

/** Yields the objects of each page; one that the page before has too, only once. */
async function* pagesOf(
  { bucket, cut, prefix }: Listed,
  ask: Ask,
): AsyncGenerator<StoredObject[], void> {
  let token: string | undefined;
  let before = new Set<string>();
  do {
    const page = await ask(
      new ListObjectsV2Command({
        ...{ Bucket: bucket, Prefix: prefix.slice(cut.length) },
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
    );
    const shown: StoredObject[] = [];
    const keys = new Set<string>();
    for (const { Key, Size, LastModified } of page.Contents ?? []) {
      if (Key === undefined || isHidden(Key) || before.has(Key) || keys.has(Key)) continue;
      keys.add(Key);
      shown.push({ key: cut + Key, size: Size ?? 0, modifiedAtMs: LastModified?.getTime() ?? 0 });
    }
    yield shown;
    before = keys;
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

async function* objectsOf(
  first: readonly StoredObject[],
  rest: AsyncIterable<readonly StoredObject[]>,
): AsyncGenerator<StoredObject, void> {
  yield* first;
  for await (const page of rest) yield* page;
}

/** Returns whether a key is a folder marker, as some tools create, or a temporary object. */
function isHidden(objectKey: string): boolean {
  return objectKey.endsWith("/") ||
    objectKey.split("/").some((part) => part.startsWith(TEMPORARY_PREFIX));
}
