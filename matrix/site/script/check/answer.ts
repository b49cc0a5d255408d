/** Read and judge texts: the work of the check page, which a worker does so that the page stays responsive. Pure. */

import { type FactsDocument, Knowledge } from "./facts.ts";
import { type Subject, judge } from "./judge.ts";
import { type Manifest, type Problem } from "./manifest.ts";
import { read } from "./read.ts";

/** A text to judge, or the problem because of which a file has none. */
export interface Source {
  /** The name of the file; empty for a text that was typed or pasted. */
  readonly name: string;
  readonly text: string;
  readonly problem?: Problem;
}

/** The fields of the page. */
export interface Question {
  readonly sources: readonly Source[];
  /** A specifier of Pythons; empty to use that of each file. */
  readonly python: string;
  /** The ids of the chosen handlers. */
  readonly catching: readonly string[];
  /** The name of the chosen client; empty to judge each requirement for the clients of its extras. */
  readonly client: string;
}

/** The result for one text. */
export interface Report {
  /** The name of the file; empty for a text that was typed or pasted. */
  readonly name: string;
  readonly kind: string;
  /** The judged requirements, in the order of their lines, without duplicates. */
  readonly subjects: readonly Subject[];
  readonly problems: readonly Problem[];
}

/** Answers questions; keeps what it read, so that another choice of handlers reads no text again. */
export class Reader {
  readonly #knowledge: Knowledge;
  #manifests = new Map<Source["text"], readonly [name: string, Manifest]>();

  constructor(facts: FactsDocument) {
    this.#knowledge = new Knowledge(facts);
  }

  /** Judge every requirement on the target in each text. */
  answer({ sources, ...question }: Question): Report[] {
    const manifests = sources.map((source) => this.#read(source));
    this.#manifests = new Map(sources.map(({ name, text }, index) => [text, [name, manifests[index]!]]));
    return manifests.map((manifest, index) => this.#judge(sources[index]?.name ?? "", manifest, question));
  }

  #read({ name, text, problem }: Source): Manifest {
    if (problem) return { kind: "unknown", entries: [], problems: [problem], python: "" };
    const [knownName, manifest] = this.#manifests.get(text) ?? [];
    return manifest && knownName === name ? manifest : read(text, this.#knowledge.target, name);
  }

  #judge(
    name: string, { kind, entries, problems, python: own }: Manifest, { python, catching, client }: Omit<Question, "sources">,
  ): Report {
    const judged = entries.map((entry) => judge(this.#knowledge, entry, python || own, catching, client));
    const unique = new Map(judged.map((subject) => [JSON.stringify(subject), subject]));
    return { name, kind, subjects: [...unique.values()].sort((a, b) => a.line - b.line), problems };
  }
}
