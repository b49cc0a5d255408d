/**
 * The worker of the check page: it gets the facts once, and then answers each question with its reports. For the question
 * bar of the other pages, it reads one pasted text.
 */

import { type Question, Reader } from "./answer.ts";
import { type FactsDocument } from "./facts.ts";
import { read } from "./read.ts";
import { type Target } from "./requirement.ts";

/** A message to the worker. */
export interface Message {
  readonly facts?: FactsDocument;
  readonly question?: Question;
  /** A text whose requirements on a target are read, and not judged. */
  readonly pasted?: { readonly text: string; readonly target: Target };
}

export function serve(): void {
  let reader: Reader | undefined;
  addEventListener("message", ({ data }: MessageEvent<Message>) => {
    if (data.facts) reader = new Reader(data.facts);
    if (data.question) postMessage(reader?.answer(data.question));
    if (data.pasted) postMessage(read(data.pasted.text, data.pasted.target));
  });
}
