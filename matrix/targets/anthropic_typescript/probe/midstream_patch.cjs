/**
 * The control: makes the SDK give an error inside a stream its documented status.
 *
 * The harness copies it into the package of one cell, whose errors in a stream must then be right by the documented rule.
 * If they are not, the harness would not recognise a right answer, and the run is not trusted.
 */

"use strict";

/** Patch one entry of the SDK; `statuses` maps each type of error to its documented status. */
exports.patch = function patch(sdk, statuses) {
  const isModule = sdk[Symbol.toStringTag] === "Module";
  const { Stream } = require(isModule ? "./streaming.mjs" : "./streaming.js"); // each entry has classes of its own
  const { fromSSEResponse } = Stream;
  Stream.fromSSEResponse = function (response, controller, client) {
    const stream = fromSSEResponse.call(this, response, controller, client);
    const iterate = stream[Symbol.asyncIterator];
    stream[Symbol.asyncIterator] = async function* () {
      try {
        yield* { [Symbol.asyncIterator]: () => iterate.call(stream) };
      } catch (error) {
        const status = error?.status === undefined && statuses[error?.error?.error?.type];
        if (!status) throw error;
        const maker = client ?? { makeStatusError: sdk.APIError.generate }; // some releases make a stream without a client
        throw maker.makeStatusError(status, error.error, undefined, error.headers);
      }
    };
    return stream;
  };
};
