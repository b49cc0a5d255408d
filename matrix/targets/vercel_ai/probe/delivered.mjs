/** What a call delivers to its caller: parts or pieces of text, errors in the form of parts, and a reason to finish. */

/** Milliseconds to wait for a promise that is settled when the stream ends. */
const PATIENCE = 100;

export class Delivered {
  /** Every part, or every piece of text, in order. */
  events = [];
  /** Every error that the SDK gave to a callback of the caller, in order. */
  errors = [];
  /** Whether the call returned a stream. */
  began = false;
  /** All text, joined. */
  text = "";
  /** The reason to finish, by the last part or by the result. */
  stopReason = null;
  /** The error with which the result refuses a reason to finish; null if it gives one. */
  refusal = null;
  /** Always null: a stream has no message of its own. */
  final = null;

  #describe;
  /** The last error that was reported in place of an exception; null if there was none. */
  #reported = null;

  /** `describe` describes an error as plain data. */
  constructor(describe) {
    this.#describe = describe;
  }

  /** Take all parts of a stream, or all pieces of text. */
  async take(stream) {
    this.began = true;
    for await (const event of stream) this.event(event);
  }

  /** Add a part or a piece of text. */
  event(event) {
    this.events.push(event);
    if (typeof event === "string") this.text += event;
    else if (event.type === "text-delta") this.text += event.text ?? event.textDelta ?? event.delta ?? "";
    else if (event.type === "finish") this.stopReason = event.finishReason ?? null;
    else if (event.type === "error") this.report("error", event.error ?? event.errorText);
    else if (event.type === "abort") this.report("abort", event.reason);
  }

  /** Take the reason to finish that a result promises. Some releases never keep that promise, so it waits shortly. */
  async finish(promised) {
    const soon = new Promise((resolve) => setTimeout(resolve, PATIENCE, null));
    try {
      this.stopReason ??= await Promise.race([promised, soon]);
    } catch (error) {
      this.refusal = error;
    }
  }

  /** Take an error that the SDK gives to the callback `onError`. */
  callback(error) {
    this.errors.push(error);
    this.report("onError", error);
  }

  /** Record an error that the caller is told of by something else than an exception. */
  report(event, error) {
    const { name, attributes, message } = this.#describe(error);
    const isObject = error !== null && typeof error === "object";
    const known = isObject ? { error: name, ...attributes, is_retryable: error.isRetryable, message } : { message: error };
    const plain = Object.entries(known).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
    this.#reported = { event, ...Object.fromEntries(plain) };
  }

  /** Return the delivery as plain data. */
  facets() {
    const events = this.events.map((event) => (typeof event === "string" ? "text" : event.type));
    const facets = { events, text: this.text, stop_reason: this.stopReason };
    return this.#reported ? { ...facets, reported: this.#reported } : facets;
  }
}
