/**
 * The control: makes the SDK throw an error of the API with its documented status, inside a stream or not.
 *
 * The harness copies it into the package of one cell, whose errors must then be right by the documented rule. If they are
 * not, the harness would not recognise a right answer, and the run is not trusted. The SDK gives an error to its caller
 * as a part of the stream, so each way to read that stream is made to throw it.
 */

"use strict";

/** Find the class of the result of `streamText`, which the package does not export: by a call that never gets an answer. */
function resultClass(sdk) {
  const doStream = () => new Promise(() => {});
  const model = { specificationVersion: "v4", provider: "", modelId: "", supportedUrls: {}, doStream };
  return Object.getPrototypeOf(sdk.streamText({ model, prompt: "-", onError() {} }));
}

function get(kind, name, getter) {
  Object.defineProperty(kind, name, { configurable: true, get: getter });
}

/** Patch one entry of the SDK; `statuses` maps each type of error to its documented status. */
exports.patch = function patch(sdk, statuses) {
  const documented = (error) => {
    const last = error?.lastError ?? error;
    const type = last?.type ?? last?.data?.error?.type;
    if (type === undefined) return last;
    const { message, data, statusCode } = last;
    return new sdk.APICallError({
      message,
      url: "",
      requestBodyValues: {},
      statusCode: statuses[type] ?? statusCode,
      data,
    });
  };
  const kind = resultClass(sdk);
  const parts = Object.getOwnPropertyDescriptor(kind, "fullStream").get; // it throws if there is none
  get(kind, "fullStream", function () {
    const checked = (part, controller) =>
      part.type === "error" ? controller.error(documented(part.error)) : controller.enqueue(part);
    return parts.call(this).pipeThrough(new TransformStream({ transform: checked }));
  });
  get(kind, "textStream", function () {
    const text = (part, controller) => part.type === "text-delta" && controller.enqueue(part.text);
    return this.fullStream.pipeThrough(new TransformStream({ transform: text }));
  });
  get(kind, "text", async function () {
    return (await Array.fromAsync(this.textStream)).join("");
  });
  kind.consumeStream = async function () {
    for await (const part of this.fullStream) void part;
  };
  kind.toUIMessageStreamResponse = function () {
    return new Response(this.textStream.pipeThrough(new TextEncoderStream()));
  };
};
