/** The document of a client that the question bar reads: `ask/CLIENT.json`, which leaves out empty fields. */

import { type Lane, type Pins, nearestLane } from "../check/lanes.ts";

const LANES: readonly Lane[] = ["as-released", "today"];

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
  readonly is_scanned: boolean;
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
  readonly by_release: Readonly<Record<Lane, readonly number[]>>;
  /** Release that can't be used with today's dependencies to those that must be pinned too. */
  readonly also_pin: Readonly<Record<string, readonly string[]>>;
  /** The packages that carry requests. */
  readonly carriers: readonly string[];
  readonly pins: readonly string[];
  readonly locks: readonly (readonly number[])[];
  readonly locks_of: Readonly<Record<Lane, readonly number[]>>;
  readonly classes: readonly AskClasses[];
  readonly classes_of: readonly number[];
  /** For each release the one whose page has its evidence; missing if each has its own. */
  readonly page_of?: readonly number[];
  readonly scenarios: readonly AskScenario[];
  readonly default: number;
  /** The numbers of the failures that are offered first. */
  readonly headlines: readonly number[];
  readonly handlers: readonly AskHandler[];
  readonly letters: readonly string[];
  /** Letter to the word of an outcome, and its meaning. */
  readonly outcomes: Readonly<Record<string, readonly [word: string, meaning: string]>>;
  readonly ends: readonly AskEnd[];
  readonly names: readonly string[];
  readonly builtins: readonly string[];
  readonly aliases: Readonly<Record<string, string>>;
  /** Mark to its title. */
  readonly marks: Readonly<Record<string, string>>;
  /** For each release its rank by harm, 0 for the least; -1 if it can't be pinned. */
  readonly harm: readonly (readonly number[])[];
  /** Handler to its row of ranks; the empty name is for none. */
  readonly harms: Readonly<Record<string, number>>;
}

/** A release with one of the two sets of dependencies with which it was measured. */
export interface Place {
  readonly release: number;
  readonly lane: Lane;
}

/** Return the case of a release; undefined if it was not measured. */
export function caseOf(facts: AskDocument, { release, lane }: Place): AskCase | undefined {
  return facts.cases[facts.by_release[lane][release] ?? -1];
}

/** Return the end of a scenario on a release; undefined if it was not played there. */
export function endOf(facts: AskDocument, place: Place, scenario: number): AskEnd | undefined {
  return facts.ends[caseOf(facts, place)?.ends?.[scenario] ?? -1];
}

/** Return the row of letters of a handler on a release; empty if it was not run there. */
export function lettersOf(facts: AskDocument, place: Place, handler: number): string {
  return facts.letters[caseOf(facts, place)?.outcomes?.[handler] ?? -1] ?? "";
}

/** Return what was installed with a release; empty if it was not measured. */
export function lockOf(facts: AskDocument, { release, lane }: Place): Pins {
  const pins = facts.locks[facts.locks_of[lane][release] ?? -1] ?? [];
  return new Map(pins.map((pin) => (facts.pins[pin] ?? "").split("==") as [string, string]));
}

/** Return a release with the dependencies that are nearest to those that a visitor locks. */
export function nearestPlace(facts: AskDocument, release: number, locked: Pins): Place {
  const lanes = LANES.filter((lane) => caseOf(facts, { release, lane }));
  return { release, lane: nearestLane(locked, lanes, (lane) => lockOf(facts, { release, lane }), facts.carriers) };
}

/**
 * Return the dependencies of a lock that decide how a release is judged, as `name==version`: those that carry requests,
 * and where these are as near to both lanes, those that only one lane has.
 */
export function decidingPins(facts: AskDocument, release: number, locked: Pins): string[] {
  const [own, now] = LANES.map((lane) => lockOf(facts, { release, lane })) as [Pins, Pins];
  const distance = (lock: Pins): number => facts.carriers.filter((name) => locked.get(name) !== lock.get(name)).length;
  const isTie = distance(own) === distance(now) && facts.by_release.today[release] !== facts.by_release["as-released"][release];
  const decides = ([name, pin]: readonly [string, string]): boolean =>
    facts.carriers.includes(name) || (isTie && (own.get(name) === pin) !== (now.get(name) === pin));
  return [...locked].filter(decides).map((pin) => pin.join("=="));
}

/** Return a release with today's dependencies. */
export function today(release: number): Place {
  return { release, lane: "today" };
}

/** Return the same release with the other dependencies. */
export function otherLane({ release, lane }: Place): Place {
  return { release, lane: lane === "today" ? "as-released" : "today" };
}

/** Return the path of the page with the evidence of a release, which leads to its clients if it lacks this one. */
export function pageOfEvidence(facts: AskDocument, version: string, scenario: string): string {
  const own = `releases/${encodeURIComponent(version)}/`;
  if (!facts.page_of) return `${own}#${scenario}`;
  const shared = facts.versions[facts.page_of[facts.versions.indexOf(version)] ?? -1];
  return shared ? `releases/${encodeURIComponent(shared)}/${facts.client}/#${scenario}` : `${own}#clients`;
}

export function versionOf(facts: AskDocument, release: number): string {
  return facts.versions[release] ?? "";
}
