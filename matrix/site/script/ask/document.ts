/** The document of a client that the question bar reads: `ask/CLIENT.json`, which leaves out empty fields. */

export interface AskClient {
  readonly name: string;
  readonly class_name: string;
  readonly title: string;
  readonly extra?: string;
}

export interface AskScenario {
  readonly id: string;
  readonly title: string;
  readonly headline?: string;
  readonly group: string;
  /** Whether no retry can fix it. */
  readonly fatal?: boolean;
}

export interface AskHandler {
  readonly id: string;
  /** The line by which its code is known. */
  readonly line: string;
  readonly title: string;
  readonly code: string;
  /** The normal texts that are this handler. */
  readonly texts?: readonly string[];
  /** Whether it retries every exception, also those of mistakes in the code: no example for others. */
  readonly catches_all?: boolean;
}

/** How a call ends. */
export interface AskEnd {
  /** The end of a sentence about a release, with code between backquotes. */
  readonly says: string;
  readonly mark: string;
  /** The names that catch the exception, by number; missing if nothing is raised that code can catch. */
  readonly caught?: readonly number[];
}

/** What releases do in every scenario. */
export interface AskCase {
  readonly unusable?: string;
  readonly ends?: readonly number[];
  readonly outcomes?: readonly number[];
  readonly crashes?: Readonly<Record<string, string>>;
}

/** Exception classes of the package that a release is known to have, to lack, and to have in a private module only. */
export interface AskClasses {
  readonly has?: readonly string[];
  readonly lacks?: readonly string[];
  readonly private?: readonly string[];
}

/** All that is needed to answer questions about one client; a number of -1 stands for what was not measured. */
export interface AskDocument {
  readonly package: string;
  readonly module: string;
  readonly command: string;
  /** How a release is pinned, with `VERSION` in the place of the version. */
  readonly pin: string;
  readonly has_check: boolean;
  /** The word for `except`. */
  readonly catch: string;
  readonly client: string;
  readonly clients: readonly AskClient[];
  /** Oldest first. */
  readonly versions: readonly string[];
  /** The numbers of the releases that an installer skips. */
  readonly skipped: readonly number[];
  readonly cases: readonly AskCase[];
  readonly by_release: readonly number[];
  /** Release to why it can't be used with today's dependencies, though with those of its day. */
  readonly reasons: Readonly<Record<string, string>>;
  readonly also_pin: Readonly<Record<string, readonly string[]>>;
  readonly classes: readonly AskClasses[];
  readonly classes_of: readonly number[];
  readonly scenarios: readonly AskScenario[];
  readonly default: number;
  /** The numbers of the failures that are offered first. */
  readonly headlines: readonly number[];
  readonly handlers: readonly AskHandler[];
  readonly letters: readonly string[];
  /** Letter to the word of an outcome, its sign and its meaning. */
  readonly outcomes: Readonly<Record<string, readonly [word: string, sign: string, meaning: string]>>;
  readonly ends: readonly AskEnd[];
  readonly names: readonly string[];
  readonly builtins: readonly string[];
  readonly aliases: Readonly<Record<string, string>>;
  /** Mark to its sign and its title. */
  readonly marks: Readonly<Record<string, readonly [sign: string, title: string]>>;
  /** For each release its rank by harm, 0 for the least; -1 if it can't be pinned. */
  readonly harm: readonly (readonly number[])[];
  /** Handler to its row of ranks; the empty name is for none. */
  readonly harms: Readonly<Record<string, number>>;
}

/** Return the case of a release; undefined if it was not measured. */
export function caseOf(facts: AskDocument, release: number): AskCase | undefined {
  return facts.cases[facts.by_release[release] ?? -1];
}

/** Return the end of a scenario on a release; undefined if it was not played there. */
export function endOf(facts: AskDocument, release: number, scenario: number): AskEnd | undefined {
  return facts.ends[caseOf(facts, release)?.ends?.[scenario] ?? -1];
}

/** Return the row of letters of a handler on a release; empty if it was not run there. */
export function lettersOf(facts: AskDocument, release: number, handler: number): string {
  return facts.letters[caseOf(facts, release)?.outcomes?.[handler] ?? -1] ?? "";
}
