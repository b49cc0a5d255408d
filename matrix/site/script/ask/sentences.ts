/** Say in a sentence what a release does in a failure, and what the visitor's code does then. Pure. */

import { DEPENDENCIES, type Pins, differingPins } from "../check/lanes.ts";
import { type Catching, type Clause, judgeClauses } from "./catching.ts";
import { type AskDocument, type Place, caseOf, endOf, lettersOf, lockOf, nearestPlace, otherLane, today, versionOf } from "./document.ts";

/** A verdict to show: the class of its colour and sign, and its word. */
export interface Chip {
  readonly style: string;
  readonly word: string;
}

/** What is asked about a release. */
export interface Asked {
  /** The number of the failure. */
  readonly scenario: number;
  readonly catching: Catching;
  /** What the visitor wrote about catching. */
  readonly text: string;
}

export interface Sentence {
  readonly chip: Chip;
  readonly says: string;
  readonly more: readonly string[];
}

/** Outcome of a handler to what it does with a number of failures. */
const DOES: Readonly<Record<string, (count: number) => string>> = {
  right: (count) => `decides ${count} correctly`,
  missed: (count) => `does not retry ${count} that a retry could fix`,
  needless: (count) => `retries ${count} without need`,
  silent: (count) => `takes ${count} for success`,
  crashed: (count) => `crashes on ${count}`,
};

/** The exception arrives at code of which nobody knows what it does then: no verdict, so no colour of one. */
const REACHED: Chip = { style: "w-unknown", word: "caught, not judged" };
const NOT_JUDGED: Chip = { ...REACHED, word: "not judged" };

/**
 * Answer for a release with the dependencies that the visitor locks, or with today's.
 *
 * The mark is never better than the worst that `matrix check` says of the same release with the same dependencies.
 */
export function judge(facts: AskDocument, release: number, locked: Pins, asked: Asked): Sentence & { readonly place: Place } {
  const place = nearestPlace(facts, release, locked);
  const said = sentence(facts, place, asked);
  const version = versionOf(facts, release);
  const other = otherLane(place);
  if (!locked.size) {
    if (!isUsable(facts, other) || isUsable(facts, place)) return { ...said, place };
    const pins = (facts.also_pin[version] ?? []).map((pin) => `\`${pin}\``).join(", ");
    const aside = `With ${DEPENDENCIES[other.lane]}${pins ? ` (pin ${pins})` : ""}, it ${caseOf(facts, place) ? "can" : "was"}. ${sentence(facts, other, asked).says}`;
    return { ...said, more: [aside, ...said.more], place };
  }
  const differs = differingPins(locked, lockOf(facts, place), facts.carriers);
  const theirs = differs.map(({ name, theirs: pin }) => `\`${name}==${pin}\``).join(", ");
  const ours = differs.map(({ name, ours: pin }) => `${name} ${pin}`).join(", ");
  const lane = `${DEPENDENCIES[place.lane]}${ours ? ` (${ours})` : ""}`;
  if (differs.length && isUsable(facts, place) && caseOf(facts, other)?.unusable) {
    const worse = `With ${DEPENDENCIES[other.lane]}, it can't be used: ${caseOf(facts, other)?.unusable ?? ""}.`;
    return {
      chip: markChip(facts, "unknown"), says: `${version} was not measured with ${theirs}, which may decide whether it can be used.`,
      more: [`With ${lane}: ${said.says}`, worse], place,
    };
  }
  return { ...said, more: [`Judged with ${lane}, which are nearest to yours.`, ...said.more], place };
}

function isUsable(facts: AskDocument, place: Place): boolean {
  return caseOf(facts, place)?.ends !== undefined;
}

/** Say what a release does in a scenario, and what the visitor's code does then. */
function sentence(facts: AskDocument, place: Place, { scenario, catching, text }: Asked): Sentence {
  const version = versionOf(facts, place.release);
  const known = caseOf(facts, place);
  const on = clientIn(facts);
  const isElsewhere = isUsable(facts, otherLane(place)) ? ` with ${DEPENDENCIES[place.lane]}` : "";
  if (!known) {
    const neighbours = isElsewhere ? "" : ", and its neighbours say nothing about it";
    return { chip: markChip(facts, "unknown"), says: `${version} was not measured${on}${isElsewhere}${neighbours}.`, more: [] };
  }
  if (known.unusable) {
    return { chip: markChip(facts, "unavailable"), says: `${version} can't be used${on}${isElsewhere}: ${known.unusable}.`, more: [] };
  }
  const end = endOf(facts, place, scenario);
  if (!end) return { chip: markChip(facts, "unknown"), says: `This failure was not played to ${version}${on}.`, more: [] };
  const says = `${failureIn(facts, scenario)}: ${version}${on} ${end.says}`;
  const shown = markChip(facts, end.mark);
  switch (catching.kind) {
    case "nothing":
      return { chip: shown, says: `${says}.`, more: [] };
    case "unjudged":
      return { chip: NOT_JUDGED, says: `${says}.`, more: [notJudged("Your code", facts), ...oneClause(facts)] };
    case "handler": {
      const { chip, does } = decision(facts, place, scenario, catching.handler);
      const line = facts.handlers[catching.handler]?.line ?? "";
      return { chip, says: `${says}; your \`${line}\` ${does}.`, more: tally(facts, place, catching.handler) };
    }
    case "clauses": {
      const caught = judgeClauses(catching.clauses, facts, place, end);
      const yours = `your \`${shorten(text)}\``;
      const { like, retries } = catching;
      const ifRetries = like < 0 ? [] : tally(facts, place, like, retries ? "Of" : "If it retries all that it catches, of");
      switch (caught.kind) {
        case "caught": {
          if (retries) {
            const { chip, does } = decision(facts, place, scenario, like);
            return { chip, says: `${says}; ${yours} ${does}.`, more: ifRetries };
          }
          const what = catching.clauses.length === 1 ? "What it does then" : `What \`except ${listed(caught.by)}\` does then`;
          return { chip: REACHED, says: `${says}; ${yours} catches it.`, more: [notJudged(what, facts), ...ifRetries] };
        }
        case "missed": {
          const chip = facts.scenarios[scenario]?.fatal ? { ...REACHED, word: "not caught" } : outcomeChip("missed", "not caught");
          return { chip, says: `${says}; ${yours} does not catch it.`, more: [newestCaught(facts, catching, scenario), ...ifRetries] };
        }
        case "silent":
          return { chip: shown, says: `${says}; ${yours} never runs.`, more: [] };
        case "crashes": {
          const lacking = `${version} has no \`${caught.name}\`.`;
          const chip = outcomeChip("crashed");
          return { chip, says: `${says}; ${yours} crashes with \`${caught.error}\`.`, more: [lacking, newestCaught(facts, catching, scenario)] };
        }
        case "unknown":
          return { chip: NOT_JUDGED, says: `${says}.`, more: [notJudged(`\`${caught.name}\``, facts)] };
      }
    }
  }
}

/** Name a failure in a few words. */
export function failureIn(facts: AskDocument, scenario: number): string {
  const { headline, title = "" } = facts.scenarios[scenario] ?? {};
  return headline ?? title.replace(/\.$/, "");
}

/** Say what a measured handler does, to follow its name. */
function decision(facts: AskDocument, place: Place, scenario: number, handler: number): { chip: Chip; does: string } {
  const { id = "" } = facts.handlers[handler] ?? {};
  const [word, meaning] = facts.outcomes[lettersOf(facts, place, handler)[scenario] ?? " "] ?? ["unknown", ""];
  const crash = caseOf(facts, place)?.crashes?.[id];
  if (word === "unknown") return { chip: outcomeChip("unknown", "not run"), does: "was not run on it" };
  const does = word === "crashed" && crash ? `crashes with \`${crash.split(".").at(-1) ?? crash}\`` : meaning;
  return { chip: outcomeChip(word), does };
}

/** Count the outcomes of a handler in all scenarios on a release. */
function tally(facts: AskDocument, place: Place, handler: number, of = "Of"): string[] {
  const counts = countLetters(lettersOf(facts, place, handler), facts);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const parts = [...counts].map(([word, count]) => DOES[word]?.(count) ?? `is ${word} on ${count}`);
  return total ? [`${of} ${total} failures${of === "Of" ? "," : ""} it ${parts.join(", ")}.`] : [];
}

/** Count each outcome that is a decision, in the order of the outcomes. */
function countLetters(letters: string, facts: AskDocument): Map<string, number> {
  const all = Object.entries(facts.outcomes).filter(([, [word]]) => word !== "unknown");
  const counts = all.map(([letter, [word]]) => [word, letters.split(letter).length - 1] as const);
  return new Map(counts.filter(([, count]) => count));
}

/** Name the newest release on which clauses catch what a scenario raises. */
function newestCaught(facts: AskDocument, { clauses }: Catching & { kind: "clauses" }, scenario: number): string {
  const release = facts.versions.findLastIndex((_, each) => isCaught(facts, today(each), clauses, scenario));
  return release < 0 ? "On no measured release does it catch this failure." : `The newest release on which it catches this failure is ${versionOf(facts, release)}.`;
}

/** Whether clauses catch what a release raises in a scenario. */
export function isCaught(facts: AskDocument, place: Place, clauses: readonly Clause[], scenario: number): boolean {
  const end = endOf(facts, place, scenario);
  return end !== undefined && judgeClauses(clauses, facts, place, end).kind === "caught";
}

/** Name the client, unless it is the first-party one. */
function clientIn(facts: AskDocument): string {
  const [first, ...others] = facts.clients;
  const own = others.find(({ name }) => name === facts.client);
  return own && first ? ` with ${own.class_name}` : "";
}

function notJudged(what: string, facts: AskDocument): string {
  return `${what} is not judged here: run \`${facts.command} ${facts.is_scanned ? "scan" : "audit -- COMMAND"}\`.`;
}

/** Say which part of a program gets an answer. */
function oneClause({ catch: word }: AskDocument): string[] {
  return word === "except" ? ["The single `except` line gets an answer."] : [];
}

/** Write classes as a clause does. */
function listed(classes: readonly string[]): string {
  return classes.length === 1 ? classes.join() : `(${classes.join(", ")})`;
}

function markChip(facts: AskDocument, mark: string): Chip {
  return { style: `m-${mark}`, word: facts.marks[mark] ?? mark };
}

function outcomeChip(outcome: string, word = outcome): Chip {
  return { style: `w-${outcome}`, word };
}

/** Shorten a text that the visitor wrote to one line. */
export function shorten(text: string): string {
  const line = text.replaceAll("`", "'").trim().split(/\s+/).join(" ").replace(/:$/, "");
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
