/** Ask the worker that reads and judges, with a deadline. */

import { type Question, type Report } from "./answer.ts";
import { type FactsDocument } from "./facts.ts";
import { type Message } from "./worker.ts";

/** Seconds for one question. 100,000 lines of a lock take about one. */
export const DEADLINE = 20;

/** The worker did not answer before the deadline. */
export class TooSlow extends Error {}

/** A worker that knows the facts. A later question replaces an earlier one that has no answer yet. */
export class Judge {
  #worker: Worker | undefined;
  #isBusy = false;
  #latest = 0;

  /**
   * @param script The address of this script, which the worker runs too.
   * @param facts The facts about every release.
   */
  constructor(readonly script: string, readonly facts: FactsDocument) {
    this.#start();
  }

  /**
   * Return a report for each source; undefined if a later question replaced this one.
   *
   * Throws `TooSlow` after the deadline, and the worker's error if it fails.
   */
  async ask(question: Question): Promise<readonly Report[] | undefined> {
    const mine = ++this.#latest;
    if (this.#isBusy) this.#start(); // only a new worker can leave a question unanswered
    this.#isBusy = true;
    try {
      const reports = await this.#answer(question);
      return mine === this.#latest ? reports : undefined;
    } catch (error) {
      if (mine !== this.#latest) return undefined;
      this.#start();
      throw error;
    }
  }

  #start(): Worker {
    this.#worker?.dispatchEvent(new Event("replaced"));
    this.#worker?.terminate();
    this.#worker = new Worker(this.script);
    this.#worker.postMessage({ facts: this.facts } satisfies Message);
    this.#isBusy = false;
    return this.#worker;
  }

  #answer(question: Question): Promise<readonly Report[]> {
    const worker = this.#worker ?? this.#start();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new TooSlow()), DEADLINE * 1000);
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        if (worker === this.#worker) this.#isBusy = false;
        settle();
      };
      worker.onmessage = ({ data }: MessageEvent<readonly Report[]>) => finish(() => resolve(data));
      worker.onerror = (event) => finish(() => reject(new Error(event.message)));
      worker.addEventListener("replaced", () => finish(() => resolve([])), { once: true });
      worker.postMessage({ question } satisfies Message);
    });
  }
}
