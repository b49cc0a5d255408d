/** The worker of the check page: it gets the facts once, and then answers each question with its reports. */

import { type Question, Reader } from "./answer.ts";
import { type FactsDocument } from "./facts.ts";

/** A message to the worker. */
export interface Message {
  readonly facts?: FactsDocument;
  readonly question?: Question;
}

export function serve(): void {
  let reader: Reader | undefined;
  addEventListener("message", ({ data }: MessageEvent<Message>) => {
    if (data.facts) reader = new Reader(data.facts);
    if (data.question) postMessage(reader?.answer(data.question));
  });
}
