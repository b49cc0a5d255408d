/**
 * The control: makes the SDK give an error inside a stream its documented status.
 *
 * The harness copies it into the package of one cell, whose errors in a stream must then be right by the documented rule.
 * If they are not, the harness would not recognise a right answer, and the run is not trusted.
 */

"use strict";

/** Patch one entry of the SDK; `statuses` maps each type of error to its documented status. */
exports.patch = function patch(sdk, statuses) {
  const client = sdk.Anthropic.prototype;
  const { post } = client;
  client.post = function (path, options) {
    const response = post.call(this, path, options);
    return options?.stream ? response._thenUnwrap((stream) => mapErrors(stream, sdk.APIError, statuses)) : response;
  };
};

/** Make a stream throw the error that the same response would be without a stream. */
function mapErrors(stream, APIError, statuses) {
  const iterate = stream[Symbol.asyncIterator];
  stream[Symbol.asyncIterator] = async function* () {
    try {
      yield* { [Symbol.asyncIterator]: () => iterate.call(stream) };
    } catch (error) {
      const status = error instanceof APIError && error.status === undefined && statuses[error.error?.error?.type];
      throw status ? APIError.generate(status, error.error, undefined, error.headers) : error;
    }
  };
  return stream;
}
