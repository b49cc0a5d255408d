/** Makes calls, and reports what their caller saw. */

import { setImmediate as turn } from "node:timers/promises";
import { decisions } from "./handlers.mjs";
import { Delivered } from "./delivered.mjs";
import { describe } from "./errors.mjs";
import { Replay } from "./replay.mjs";
import { closeSockets, connection } from "./sockets.mjs";
import { SURFACES, Unsupported } from "./surfaces.mjs";

export class Caller {
  #sdk;
  #handlers;
  /** The function that is given an error which no code of the caller can catch; null between calls. */
  #escape = null;

  constructor(sdk, handlers) {
    this.#sdk = sdk;
    this.#handlers = handlers;
    // Either of them ends a program that does not listen, so the listeners keep the probe alive.
    for (const event of ["unhandledRejection", "uncaughtException"]) {
      process.on(event, (error) => this.#escape?.({ outcome: "raised", error, escaped: true }));
    }
  }

  /**
   * Make one call, and report what its caller saw. `timeout` is the number of seconds that it waits for the server; null
   * for longer than any deadline.
   */
  async play(surface, baseURL, timeout) {
    const { makeClient, call } = SURFACES[surface];
    let client;
    try {
      client = makeClient(this.#sdk, baseURL, timeout);
    } catch (error) {
      if (error instanceof Unsupported) return { outcome: "unsupported" };
      return { outcome: "cannot-construct", exception: describe(error, this.#sdk, baseURL) };
    }
    const delivered = new Delivered((error) => describe(error, this.#sdk, baseURL));
    const end = await this.#makeCall(call, client, delivered);
    if (end.error instanceof Unsupported) return { outcome: "unsupported" };
    const seen = { outcome: end.outcome, connection: await connection() };
    await closeSockets();
    return { ...seen, ...(await this.#observe(end, delivered, baseURL)) };
  }

  /**
   * Make a call to its end, or until an error escapes from it: it arrives where no code of the caller can catch it, and
   * ends a program. That counts, however else the call ends.
   */
  async #makeCall(call, client, delivered) {
    let escape;
    const escaped = new Promise((resolve) => (this.#escape = resolve)).then((end) => (escape = end));
    const ended = (async () => call(client, delivered))().then(
      () => ({ outcome: "completed" }),
      (error) => ({ outcome: "raised", error }),
    );
    const end = await Promise.race([ended, escaped]);
    await turn(); // rejections that nobody handles are announced at the end of a turn
    this.#escape = null;
    return escape ?? end;
  }

  async #observe({ outcome, error, escaped = false }, delivered, baseURL) {
    const seen = { delivered: delivered.facets(), final: delivered.final };
    const raised = outcome === "raised";
    if (raised) seen.exception = { ...describe(error, this.#sdk, baseURL), escaped };
    if (escaped || !(raised || delivered.began)) return seen; // nothing that a handler could look at
    const replay = new Replay(delivered, raised, error);
    seen.handlers = await decisions(replay.bind(this.#handlers), replay);
    return seen;
  }
}
