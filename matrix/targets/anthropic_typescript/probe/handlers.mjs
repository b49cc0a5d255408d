/**
 * Runs every handler on the events and the error of a call.
 *
 * A handler is a file in `handlers/`: imports, and a function `ask` that takes `create` and reads the stream to which it
 * resolves. Here that stream has the same events as the call that was just made, and throws the same error object at the
 * point at which the SDK threw it. The result is a decision:
 *
 *     retry               it makes the call again
 *     fail                it lets the error pass, or swallows it
 *     accept              the call ended without an error, and the handler takes its result
 *     crashed: <class>    it threw an error of its own, such as for a missing class
 */

import { readdirSync } from "node:fs";
import { className } from "./facets.mjs";

const FOLDER = new URL("handlers/", import.meta.url);

/** A call that can be made again without a server. */
export class Replay {
  #delivered;
  #raised;
  #error;

  constructor(delivered, raised, error) {
    this.#delivered = delivered;
    this.#raised = raised;
    this.#error = error;
  }

  get raised() {
    return this.#raised;
  }

  get error() {
    return this.#error;
  }

  /** Resolve to the stream, or throw the error of a call without one. */
  async create() {
    if (!this.#delivered.began) this.#end();
    return { [Symbol.asyncIterator]: () => this.#events() };
  }

  async *#events() {
    yield* this.#delivered.events;
    this.#end();
  }

  #end() {
    if (this.#raised) throw this.#error;
  }
}

/** Import every handler: id to its function, or to the class of the error that importing it throws. */
export async function loadHandlers() {
  const handlers = {};
  for (const name of readdirSync(FOLDER).sort()) {
    const loading = import(new URL(name, FOLDER).href);
    handlers[name.replace(/\.mjs$/, "")] = await loading.then(({ ask }) => ask, className);
  }
  return handlers;
}

/** Run every handler on a call: handler to decision. */
export async function decisions(handlers, replay) {
  const decided = {};
  for (const [id, ask] of Object.entries(handlers)) decided[id] = await decide(ask, replay);
  return decided;
}

async function decide(ask, replay) {
  if (typeof ask === "string") return `crashed: ${ask}`;
  let answer;
  try {
    answer = await ask(() => replay.create());
  } catch (error) {
    return replay.raised && error === replay.error ? "fail" : `crashed: ${className(error)}`;
  }
  if (answer === "retry") return "retry";
  return replay.raised ? "fail" : "accept";
}
