/** A miniature of `@ai-sdk/anthropic`: reads server-sent events, and gives them on as parts of a stream. */

import { APICallError, StreamProviderError } from "ai";

const STATUS = { overloaded_error: 529, rate_limit_error: 429, api_error: 500, invalid_request_error: 400 };

export function createAnthropic({ baseURL, fetch = globalThis.fetch }) {
  return () => ({
    async doStream({ abortSignal }) {
      const headers = { "content-type": "application/json" };
      const url = `${baseURL}/messages`;
      const response = await fetch(url, { method: "POST", headers, body: "{}", signal: abortSignal });
      if (!response.ok) {
        const data = await response.json();
        const isRetryable = response.status >= 429;
        throw new APICallError({ message: data.error.message, url, statusCode: response.status, data, isRetryable });
      }
      return { stream: response.body.pipeThrough(new TextDecoderStream()).pipeThrough(parts()) };
    },
  });
}

function parts() {
  let [rest, reason] = ["", "other"];
  return new TransformStream({
    transform(piece, controller) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop();
      for (const line of lines.filter((each) => each.startsWith("data: "))) {
        const event = JSON.parse(line.slice("data: ".length));
        if (event.type === "message_delta") reason = "stop";
        if (event.type === "content_block_delta") controller.enqueue({ type: "text-delta", text: event.delta.text });
        if (event.type !== "error") continue;
        const { type, message } = event.error;
        controller.enqueue({ type: "error", error: new StreamProviderError(message, type, STATUS[type]) });
        reason = "error";
      }
    },
    flush(controller) {
      controller.enqueue({ type: "finish", finishReason: reason });
    },
  });
}
