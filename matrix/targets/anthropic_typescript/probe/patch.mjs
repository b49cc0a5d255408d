/**
 * The control: makes the SDK give an error inside a stream its documented status.
 *
 * The harness copies it into the package of one cell, beside `index.mjs`, and calls `patch` there. The errors in a stream
 * of that cell must then be right by the documented rule. If they are not, the harness would not recognise a right
 * answer, and the run is not trusted.
 */

import { APIError } from "./error.mjs";
import { Stream } from "./streaming.mjs";

/** Patch the SDK; `statuses` maps each type of error to its documented status. */
export function patch(statuses) {
  const iterate = Stream.prototype[Symbol.asyncIterator];
  Stream.prototype[Symbol.asyncIterator] = async function* () {
    try {
      yield* { [Symbol.asyncIterator]: () => iterate.call(this) };
    } catch (error) {
      throw documented(error, statuses) ?? error;
    }
  };
}

function documented(error, statuses) {
  const status = statuses[error?.error?.error?.type];
  if (!(error instanceof APIError) || error.status !== undefined || status === undefined) return undefined;
  return APIError.generate(status, error.error, undefined, error.headers);
}
