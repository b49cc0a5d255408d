/** What changes between two releases, in the words of `matrix diff`: the document of directions has them. */

import { counted } from "./check/text.ts";

/** The end of one scenario on the main call. */
export interface Outcome {
  words: string;
  mark: string;
  exception?: string;
  status_code?: number | null;
  type?: string | null;
  bases?: string[];
  text?: string;
  delivered?: string;
  requests: number;
  connection?: string;
}

/** `api/v1/epochs/DIGEST.json`: what releases of one epoch share. */
export interface EpochDocument {
  ended: Record<string, Outcome>;
  handlers: Record<string, Record<string, number>>;
}

/** A release measured in one lane. */
export interface LaneResult extends EpochDocument {
  lock: Record<string, string>;
}

/** Whether a release can be used in one lane. */
interface LaneState {
  outcome: string;
  unusable?: string;
  surface?: string;
}

/** `api/v1/releases/VERSION.json`. */
export interface ReleaseDocument {
  release: { version: string; uploaded: string; lanes: Record<string, LaneState & { epoch: [string, string] }> };
  measured: Record<string, LaneResult>;
}

/** The directions of the changes of one scenario or handler: its kind on each epoch, and for each two kinds a letter. */
interface Directions {
  kinds: (number | null)[];
  words: string[];
}

/** `compare/directions.json`: what each change does to a caller, as the commands say. */
export interface DirectionsDocument {
  letters: Record<string, string>;
  /** Path of the page of each scenario and handler to what happens in it, or what it does. */
  titles: Record<string, string>;
  lanes: Record<string, { epochs: string[]; scenarios: Record<string, Directions>; handlers: Record<string, Directions> }>;
}

/** The words for a change, the worst first. */
export const CHANGES = ["worse", "mixed", "different", "better"];

/** Facets that a cell lists if they differ, with their labels; the page has those of a target's users. */
export const FACETS: [keyof Outcome, string][] = [
  ["exception", "class"],
  ["status_code", "code"],
  ["type", "error.type"],
  ["text", "text of the error"],
  ["delivered", "text before it"],
  ["requests", "requests"],
  ["connection", "connection"],
];

/** What changes for callers between two releases in one lane. */
export class Change {
  readonly before: Record<string, Outcome>;
  readonly after: Record<string, Outcome>;
  readonly scenarios: string[];
  readonly handlers: string[];
  /** Handler to its number of scenarios by outcome, before and after. */
  readonly decided: [EpochDocument["handlers"], EpochDocument["handlers"]];
  readonly #epochs: [number, number];

  readonly #directions: DirectionsDocument;
  readonly #lane: string;

  constructor(directions: DirectionsDocument, lane: string, readonly a: ReleaseDocument, readonly b: ReleaseDocument) {
    this.#directions = directions;
    this.#lane = lane;
    const place = ({ release }: ReleaseDocument) => directions.lanes[lane]?.epochs.indexOf(release.lanes[lane]?.epoch[0] ?? "") ?? -1;
    this.#epochs = [place(a), place(b)];
    this.before = a.measured[lane]?.ended ?? {};
    this.after = b.measured[lane]?.ended ?? {};
    this.decided = [a.measured[lane]?.handlers ?? {}, b.measured[lane]?.handlers ?? {}];
    this.scenarios = [...new Set([...Object.keys(this.before), ...Object.keys(this.after)])];
    this.handlers = [...new Set(this.decided.flatMap((each) => Object.keys(each)))].sort();
  }

  /** Return the word for a scenario. What only this page shows, such as the module of a private class, is a difference. */
  wordOf(id: string): string {
    const [from, to] = [this.before[id], this.after[id]];
    const word = this.#word(this.#directions.lanes[this.#lane]?.scenarios[id]);
    if (word === "same" || word === "different") return same(from, to) ? "same" : "different";
    return word;
  }

  /** Return the title of a scenario, `scenarios/ID`, or of a handler, `handlers/ID`. */
  titleOf(path: string): string {
    return this.#directions.titles[path] ?? path;
  }

  wordOfHandler(id: string): string {
    return this.#word(this.#directions.lanes[this.#lane]?.handlers[id]);
  }

  /** Sum up in a sentence what changes for users of handlers; empty if nothing does. */
  sumOfHandlers(): string {
    const counts = countWords(this.handlers.map((id) => this.wordOfHandler(id)));
    return counts && `Of ${counted(this.handlers.length, "handler")}, ${counts}.`;
  }

  #word(of: Directions | undefined): string {
    const [from, to] = this.#epochs.map((epoch) => of?.kinds[epoch] ?? null);
    if (from == null || to == null) return from === to ? "same" : "different";
    return this.#directions.letters[of?.words[from]?.[to] ?? ""] ?? "different";
  }
}

/** Count each word for a change: `12 worse, 1 mixed`. */
export function countWords(words: readonly string[]): string {
  return CHANGES.filter((word) => words.includes(word))
    .map((word) => `${words.filter((each) => each === word).length} ${word}`)
    .join(", ");
}

/** Return the facets in which two outcomes differ. */
export function differingFacets(from: Outcome | undefined, to: Outcome | undefined): typeof FACETS {
  return FACETS.filter(([name]) => from && to && (from[name] ?? "") !== (to[name] ?? ""));
}

/** Return the classes that catch the exception of one outcome and not that of the other. */
export function missing(from: Outcome | undefined, to: Outcome | undefined): string[] {
  if (!from?.exception || !to?.exception) return [];
  const catches = new Set([to.exception, ...(to.bases ?? [])]);
  return [from.exception, ...(from.bases ?? [])].filter((name) => !catches.has(name));
}

function same(from: Outcome | undefined, to: Outcome | undefined): boolean {
  return (
    from?.mark === to?.mark &&
    from?.words === to?.words &&
    differingFacets(from, to).length + missing(from, to).length + missing(to, from).length === 0
  );
}
