/** A miniature of `ai`: an error becomes a part of the stream, and only the callback for errors hears of it. */

class AISDKError extends Error {
  static isInstance(error) {
    return error instanceof this;
  }
}

class _APICallError extends AISDKError {
  constructor({ message, ...fields }) {
    super(message);
    Object.assign(this, fields);
  }
}

class StreamProviderError extends AISDKError {
  constructor(message, type, statusCode) {
    super(message);
    Object.assign(this, { type, statusCode, isRetryable: statusCode > 400, data: { type, message } });
  }
}

class NoOutputGeneratedError extends AISDKError {}

class RetryError extends AISDKError {
  constructor(lastError) {
    super(`Failed. Last error: ${lastError.message}`);
    this.lastError = lastError;
  }
}

export { AISDKError, _APICallError as APICallError, NoOutputGeneratedError, RetryError, StreamProviderError };

const PAUSE = 5;

async function attempt(settings, maxRetries) {
  for (let attempts = 1; ; attempts++) {
    try {
      return await settings.model.doStream(settings);
    } catch (error) {
      if (maxRetries === 0 || !error.isRetryable) throw error;
      if (attempts > maxRetries) throw new RetryError(error);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}

class Result {
  #stream;
  #ended = Promise.withResolvers();

  constructor(settings) {
    this.#ended.promise.catch(() => {});
    this.#stream = ReadableStream.from(this.#parts(settings));
  }

  async *#parts({ onError = ({ error }) => console.error(error), maxRetries = 2, streamRetries = 0, ...settings }) {
    let [text, reason] = ["", null];
    for (let again = true; again; ) {
      again = false;
      try {
        const { stream } = await attempt(settings, maxRetries);
        for await (const part of stream) {
          if (part.type === "error" && streamRetries-- > 0) {
            again = true;
            break;
          }
          if (part.type === "error") await onError({ error: part.error });
          if (part.type === "text-delta") text += part.text;
          if (part.type === "finish") reason = part.finishReason;
          yield part;
        }
      } catch (error) {
        if (settings.abortSignal?.aborted) {
          yield { type: "abort", reason: "Aborted" };
        } else if (error instanceof AISDKError) {
          await onError({ error });
          yield { type: "error", error };
        } else {
          this.#ended.reject(error);
          throw error;
        }
      }
    }
    if (reason === null) this.#ended.reject(new NoOutputGeneratedError("No output generated."));
    else this.#ended.resolve({ text, reason });
  }

  get fullStream() {
    const [one, other] = this.#stream.tee();
    this.#stream = other;
    return one;
  }

  get textStream() {
    const text = (part, controller) => part.type === "text-delta" && controller.enqueue(part.text);
    return this.fullStream.pipeThrough(new TransformStream({ transform: text }));
  }

  get finishReason() {
    return this.#ended.promise.then(({ reason }) => reason);
  }

  get text() {
    return this.consumeStream().then(async () => (await this.#ended.promise).text);
  }

  async consumeStream() {
    try {
      for await (const part of this.fullStream) void part;
    } catch {
      return;
    }
  }

  toUIMessageStreamResponse() {
    const line = (part, controller) => {
      const { type, text: delta, finishReason } = part;
      const chunk = type === "error" ? { type, errorText: "An error occurred." } : { type, delta, finishReason };
      controller.enqueue(`data: ${JSON.stringify(chunk)}\n\n`);
    };
    const lines = this.fullStream.pipeThrough(new TransformStream({ transform: line }));
    return new Response(lines.pipeThrough(new TextEncoderStream()));
  }
}

export function streamText(settings) {
  return new Result(settings);
}
