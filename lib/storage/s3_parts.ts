/** Room that a stream of chunks begins with. */
const FIRST_BYTES = 64 * 1024;

/** The parts of an object, and what its producer threw. */
interface PartSource {
  /** Parts of exactly the size, the last one shorter; one empty part for nothing at all. */
  parts: AsyncIterator<Uint8Array, void>;
  /** The producer's own failure, which is the caller's and not the storage's. */
  failure: () => { error: unknown } | undefined;
  /** Takes back the memory of a part that is needed no more. */
  recycle: (part: Uint8Array) => void;
}

/** Cuts bytes or chunks into parts of `partBytes`; bytes are not copied. */
export function partsOf(
  data: Uint8Array | AsyncIterable<Uint8Array>,
  partBytes: number,
): PartSource {
  if (data instanceof Uint8Array) {
    return {
      parts: slices(data, partBytes),
      failure: () => undefined,
      // It is the caller's own memory.
      recycle: () => {},
    };
  }
  let failure: { error: unknown } | undefined;
  const chunks = reportingFailure(data, (error) => failure = { error });
  const spare: Uint8Array[] = [];
  return {
    parts: gathered(chunks, partBytes, spare),
    failure: () => failure,
    recycle: (part) => {
      if (part.length === partBytes) spare.push(part);
    },
  };
}

async function* slices(data: Uint8Array, partBytes: number): AsyncGenerator<Uint8Array, void> {
  yield data.subarray(0, partBytes);
  for (let at = partBytes; at < data.length; at += partBytes) {
    yield data.subarray(at, at + partBytes);
  }
}

/** Passes chunks on and tells of the producer's failure. */
async function* reportingFailure(
  chunks: AsyncIterable<Uint8Array>,
  onFailure: (error: unknown) => void,
): AsyncGenerator<Uint8Array, void> {
  const each = chunks[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      let next: IteratorResult<Uint8Array>;
      try {
        next = await each.next();
      } catch (error) {
        ended = true;
        onFailure(error);
        throw error;
      }
      ended = next.done === true;
      if (ended) return;
      yield next.value;
    }
  } finally {
    if (!ended) await each.return?.();
  }
}

async function* gathered(
  chunks: AsyncIterable<Uint8Array>,
  partBytes: number,
  spare: Uint8Array[],
): AsyncGenerator<Uint8Array, void> {
  let part: Uint8Array = new Uint8Array(Math.min(partBytes, FIRST_BYTES));
  let size = 0;
  let yielded = false;
  for await (let chunk of chunks) {
    while (chunk.length > 0) {
      const taken = chunk.subarray(0, partBytes - size);
      if (size + taken.length > part.length) part = grown(part, size + taken.length, partBytes);
      part.set(taken, size);
      size += taken.length;
      chunk = chunk.subarray(taken.length);
      if (size < partBytes) continue;
      yield part;
      yielded = true;
      part = spare.pop() ?? new Uint8Array(partBytes);
      size = 0;
    }
  }
  if (size > 0 || !yielded) yield part.subarray(0, size);
}

/** A larger copy; doubled, so that small objects cost little and large ones few copies. */
function grown(part: Uint8Array, least: number, most: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(most, Math.max(least, 2 * part.length)));
  larger.set(part);
  return larger;
}
