// A miniature of the TypeScript SDK, on the `fetch` of Node. Each part below is a file of the package.

// FILE: error.mjs

export class AnthropicError extends Error {}

export class APIError extends AnthropicError {
  constructor(status, error, message, headers) {
    super(message ?? JSON.stringify(error));
    this.status = status;
    this.requestID = headers?.get("request-id");
    this.error = error;
    this.type = error?.error?.type ?? null;
    this.headers = headers;
  }

  static generate(status, error, message, headers) {
    const kind = { 429: RateLimitError }[status] ?? (status >= 500 ? InternalServerError : APIError);
    return new kind(status, error, message, headers);
  }
}

export class APIConnectionError extends APIError {}
export class APIConnectionTimeoutError extends APIConnectionError {}
export class RateLimitError extends APIError {}
export class InternalServerError extends APIError {}

// FILE: streaming.mjs

import { APIConnectionError, APIError, RateLimitError } from "./error.mjs";

/** The error of an event inside a stream; a test replaces it. */
const errorOf = (body, headers) => new APIError(undefined, body, undefined, headers);

export class Stream {
  constructor(response) {
    this.response = response;
  }

  static fromSSEResponse(response, controller, client) {
    return new Stream(response);
  }

  async *[Symbol.asyncIterator]() {
    for await (const { event, data } of events(this.response.body)) {
      if (event === "error") throw errorOf(JSON.parse(data), this.response.headers);
      yield JSON.parse(data);
    }
  }
}

async function* events(body) {
  let text = "";
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + piece).split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s, 2)));
      yield { event: fields.event, data: fields.data };
    }
  }
}

// FILE: index.mjs

import { AnthropicError, APIConnectionError, APIError, InternalServerError, RateLimitError } from "./error.mjs";
import { Stream } from "./streaming.mjs";

export * from "./error.mjs";

class APIPromise extends Promise {
  withResponse() {
    return this.then((data) => ({ data, response: data.response }));
  }
}

class MessageStream {
  #listeners = {};
  #message;
  #end;
  #isWatched = false;

  constructor(creating) {
    this.#end = this.#run(creating);
    this.#end.catch((error) => {
      for (const listener of this.#listeners.error ?? []) listener(error);
      if (!this.#listeners.error && !this.#isWatched) Promise.reject(error);
    });
  }

  async #run(creating) {
    for await (const event of await creating) {
      if (event.type === "message_start") this.#message = event.message;
      if (event.type === "content_block_start") this.#message.content.push(event.content_block);
      if (event.type === "content_block_delta") this.#message.content[0].text += event.delta.text;
      if (event.type === "message_delta") this.#message.stop_reason = event.delta.stop_reason;
      for (const listener of this.#listeners.event ?? []) listener(event);
      for (const listener of this.#listeners.text ?? []) if (event.delta?.text) listener(event.delta.text);
    }
    for (const listener of this.#listeners.end ?? []) listener();
  }

  on(name, listener) {
    (this.#listeners[name] ??= []).push(listener);
    return this;
  }

  async done() {
    this.#isWatched = true;
    await this.#end;
  }

  async finalMessage() {
    await this.done();
    if (!this.#message?.stop_reason) throw new AnthropicError("The stream ended too early.");
    return this.#message;
  }

  async finalText() {
    return (await this.finalMessage()).content[0].text;
  }

  async *[Symbol.asyncIterator]() {
    const arrived = [];
    this.on("event", (event) => arrived.push(event));
    const ended = this.done().then(
      () => ({}),
      (error) => ({ error }),
    );
    const end = await ended;
    yield* arrived;
    if (end.error) throw end.error;
  }
}

export class Anthropic {
  constructor({ baseURL, maxRetries }) {
    this.baseURL = baseURL;
    this.maxRetries = maxRetries;
    const create = (body, options) => this.post("/v1/messages", { stream: body.stream, ...options });
    const stream = () => new MessageStream(create({ stream: true }));
    this.messages = { create, stream };
    this.beta = { messages: { create, stream, toolRunner: (body) => this.#runTools(create(body)) } };
    this.completions = { create: (body) => this.post("/v1/complete", { stream: body.stream }) };
  }

  post(path, options) {
    return new APIPromise((resolve, reject) => this.#request(path, options).then(resolve, reject));
  }

  async #request(path, { maxRetries = this.maxRetries }) {
    for (let attempt = 0; ; attempt++) {
      const headers = { "anthropic-version": "2023-06-01", "content-type": "application/json" };
      const response = await fetch(this.baseURL + path, { method: "POST", headers, body: "{}" });
      if (response.ok) return Stream.fromSSEResponse(response, undefined, this);
      const body = await response.json();
      if (attempt >= maxRetries) throw this.makeStatusError(response.status, body, undefined, response.headers);
    }
  }

  makeStatusError(status, body, message, headers) {
    return APIError.generate(status, body, message, headers);
  }

  async *#runTools(creating) {
    yield await creating;
  }
}

for (const kind of [AnthropicError, APIError, APIConnectionError, RateLimitError, InternalServerError]) {
  Anthropic[kind.name] = kind;
}

export default Anthropic;
