/**
 * A call that handlers can make again without a server.
 *
 * A handler takes `create`, to which it may give the callback `onError` as it gives it to `streamText`. It resolves to
 * what the handler reads: a stream, which is `textStream` or `fullStream` as in the call that was made, with the promise
 * `finishReason` of the result.
 */

export class Replay {
  #delivered;
  #raised;
  #error;
  /** The error that the handler got beside the stream and then threw; null if it threw none. */
  #passedOn = null;

  constructor(delivered, raised, error) {
    this.#delivered = delivered;
    this.#raised = raised;
    this.#error = error;
  }

  /** Whether the handler, or the call, ended with an error of the SDK. */
  get raised() {
    return this.#raised || this.#passedOn !== null;
  }

  /** That error. */
  get error() {
    return this.#passedOn ?? this.#error;
  }

  /** Give each handler a `create` that takes settings. */
  bind(handlers) {
    const bound = (ask) => (typeof ask === "string" ? ask : () => this.#ask(ask));
    return Object.fromEntries(Object.entries(handlers).map(([id, ask]) => [id, bound(ask)]));
  }

  async #ask(ask) {
    this.#passedOn = null;
    try {
      return await ask((settings) => this.create(settings));
    } catch (error) {
      if ([...this.#delivered.errors, this.#delivered.refusal].includes(error)) this.#passedOn = error;
      throw error;
    }
  }

  /** Resolve to the stream, or throw the error of a call without one. */
  async create({ onError } = {}) {
    if (!this.#delivered.began) this.#end();
    const { refusal, stopReason } = this.#delivered;
    return {
      get finishReason() {
        return refusal === null ? Promise.resolve(stopReason) : Promise.reject(refusal);
      },
      [Symbol.asyncIterator]: () => this.#events(onError),
    };
  }

  async *#events(onError) {
    yield* this.#delivered.events;
    for (const error of onError ? this.#delivered.errors : []) onError({ error });
    this.#end();
  }

  #end() {
    if (this.#raised) throw this.#error;
  }
}
