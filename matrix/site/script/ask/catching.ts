/**
 * Understand what a visitor catches: a measured handler, or `except` clauses by their classes.
 *
 * Clauses are judged as `matrix scan` judges them, and only as far as the data is exact: whether a class catches an
 * exception, and whether a release has that class. Pure.
 */

import { type AskDocument, type AskEnd, type Place, caseOf } from "./document.ts";

/** The classes of one `except` clause, as they are written. */
export type Clause = readonly string[];

export type Catching =
  | { readonly kind: "nothing" | "unjudged" }
  | { readonly kind: "handler"; readonly handler: number }
  | {
      readonly kind: "clauses";
      readonly clauses: readonly Clause[];
      /** The handler with the same classes, which retries all that it catches; -1 for none. */
      readonly like: number;
      /** Whether the clause is known to retry, as that handler does: only if its code says so. */
      readonly retries: boolean;
    };

/** A class because of which clauses crash, or can't be judged. */
type Stop =
  | { readonly kind: "crashes"; readonly name: string; readonly error: string }
  | { readonly kind: "unknown"; readonly name: string };

/** What clauses do with the end of a call; `by` is the clause that takes it. */
export type Caught = Stop | { readonly kind: "caught"; readonly by: Clause } | { readonly kind: "missed" | "silent" };

const COMMENT = /(^|\s)#[^"'\n]*$/gm;
const BOUND = /\bas ([A-Za-z_]\w*)\s*:/g;
const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g;
/** Words that open a block of their own, in which another `except` may stand. */
const NESTS = /\b(?:try|finally|def|class|lambda|async|match)\b|"""|'''/;
const NAME = String.raw`[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*`;
const CLASSES = new RegExp(String.raw`^(?:${NAME}|\(\s*${NAME}(?:\s*,\s*${NAME})*\s*,?\s*\))$`);
const HEADER = /^([^:]*?)(?:\s+as\s+[A-Za-z_]\w*)?\s*(?::(.*))?$/s;
/** What Python raises where a program imports a class by its name and the package lacks it. */
const IMPORT = "ImportError";
/** The body of a handler that retries all that it catches, in the layout of `normal`. */
const RETRIES = 'return "retry"';
/** Characters of a clause that is judged; longer code is a file. */
const LONGEST = 2_000;

/** Return code as one line, without comments. */
export function oneLine(code: string): string {
  return code.replace(COMMENT, "$1").trim().split(/\s+/).join(" ");
}

/** Return code in one layout: one line, double quotes, no comments, and `e` for each bound exception. */
export function normal(code: string): string {
  const text = oneLine(code).replaceAll("'", '"');
  const names = new Set([...text.matchAll(BOUND)].map((match) => match[1] ?? ""));
  return [...names].reduce((all, name) => all.replace(new RegExp(`\\b${name}\\b`, "g"), "e"), text);
}

/** Understand a text: the id, the line or the code of a handler, a clause, or the names of classes alone. */
export function readCatching(text: string, facts: AskDocument): Catching {
  const plain = text.trim();
  if (!plain) return { kind: "nothing" };
  const code = normal(plain);
  const handler = facts.handlers.findIndex(({ id, line, texts }) => id === plain || line === plain || texts?.includes(code));
  if (handler >= 0) return { kind: "handler", handler };
  const clauses = plain.length <= LONGEST && facts.catch === "except" ? readClauses(plain) : undefined;
  if (!clauses) return { kind: "unjudged" };
  const { body, classes } = onlyClause(plain);
  const isBare = body === "" || body === RETRIES;
  const like = isBare ? facts.handlers.findIndex(({ texts }) => texts?.some((each) => retriesAll(each, classes, facts))) : -1;
  return { kind: "clauses", clauses, like, retries: like >= 0 && body === RETRIES };
}

/** Whether the text of a handler is one clause with these classes, in any order, and retries all that it catches. */
function retriesAll(text: string, classes: Clause, { module }: AskDocument): boolean {
  const own = onlyClause(text);
  const sorted = (names: Clause): string => names.map((name) => name.replace(`${module}.`, "")).sort().join();
  return own.body === RETRIES && sorted(own.classes) === sorted(classes);
}

/** Return the classes and the body of a text that is one clause, or names of classes alone. */
function onlyClause(text: string): { classes: Clause; body: string | undefined } {
  const code = normal(text);
  if (CLASSES.test(code)) return { classes: namesOf(code), body: "" };
  const [, part = "", more] = code.split(/\bexcept\b/);
  const [, classes = "", body = ""] = HEADER.exec(part.trim()) ?? [];
  return { classes: namesOf(classes), body: more === undefined ? body.trim() : undefined };
}

/** Read the clauses of one `try` statement; undefined if the text is more than that, or can't be read for certain. */
export function readClauses(text: string): readonly Clause[] | undefined {
  const code = text.replace(COMMENT, "$1");
  if (NESTS.test(code)) return undefined;
  const plain = code.replace(STRING, '""');
  if (CLASSES.test(plain.trim())) return [namesOf(plain)];
  const [before, ...parts] = plain.split(/\bexcept\b/);
  if (before?.trim() || !parts.length) return undefined;
  const clauses = parts.map((part) => {
    const [, classes = ""] = HEADER.exec(part.trim()) ?? [undefined, "?"];
    if (!classes) return ["BaseException"]; // a bare `except:`
    return CLASSES.test(classes) ? namesOf(classes) : undefined;
  });
  const known = clauses.filter((clause) => clause !== undefined);
  return known.length === clauses.length ? known : undefined;
}

function namesOf(classes: string): string[] {
  return [...classes.replace(/\s*\.\s*/g, ".").matchAll(/[\w.]+/g)].map(([name]) => name);
}

/** Judge clauses on the end of a call, in the order in which Python tries them. */
export function judgeClauses(clauses: readonly Clause[], facts: AskDocument, place: Place, end: AskEnd): Caught {
  // A class that is imported by its name fails when the program starts, whatever the stream does.
  const imported = clauses.flat().map((name) => resolve(name, facts, place));
  const failed = imported.find((each): each is Stop => each.kind === "crashes" && each.error === IMPORT);
  if (failed) return failed;
  if (!end.caught) return { kind: "silent" };
  const caught = new Set(end.caught.map((number) => facts.names[number]));
  for (const clause of clauses) {
    const classes = clause.map((name) => resolve(name, facts, place));
    const stop = classes.find((each): each is Stop => each.kind !== "class");
    if (stop) return stop;
    if (classes.some((each) => each.kind === "class" && caught.has(each.name))) return { kind: "caught", by: clause };
  }
  return { kind: "missed" };
}

type Resolved = Stop | { readonly kind: "class"; readonly name: string };

/** Find the class that a name means on a release, by its name in the data. */
function resolve(name: string, facts: AskDocument, place: Place): Resolved {
  const parts = name.split(".");
  const [root = "", last = ""] = [parts[0], parts.at(-1)];
  if (root === facts.module || parts.length === 1) {
    const found = ofPackage(parts, last, facts, place);
    if (found && facts.builtins.includes(name)) return { kind: "unknown", name }; // one of two classes
    if (found) return found;
  }
  if (parts.length === 1) {
    const full = facts.aliases[`builtins.${name}`] ?? `builtins.${name}`;
    return facts.builtins.includes(name) ? { kind: "class", name: full } : { kind: "unknown", name };
  }
  const alias = facts.aliases[name];
  if (alias) return { kind: "class", name: alias };
  if (root === "builtins" && parts.length === 2 && facts.builtins.includes(last)) return { kind: "class", name };
  // A class of another package is there for certain if the release raised it.
  return parts.length === 2 && raisedOn(facts, place).has(name) ? { kind: "class", name } : { kind: "unknown", name };
}

/** Find a class of the package itself; undefined for a plain name that is none. */
function ofPackage(parts: readonly string[], last: string, facts: AskDocument, place: Place): Resolved | undefined {
  const { has = [], lacks = [], private: hidden = [] } = facts.classes[facts.classes_of[place.release] ?? -1] ?? {};
  const isPlain = parts.length === 1;
  const isPrivate = parts.length === 3 && parts[1] === "_exceptions";
  const name = isPlain ? `${facts.module}.${last}` : parts.join(".");
  const found = { kind: "class", name: `${facts.module}.${last}` } as const;
  if (isPlain || isPrivate || parts.length === 2) {
    if (has.includes(last) || (isPrivate && hidden.includes(last))) return found;
    if (lacks.includes(last) || hidden.includes(last)) {
      return { kind: "crashes", name, error: isPlain ? IMPORT : "AttributeError" };
    }
  }
  return isPlain ? undefined : { kind: "unknown", name };
}

/** Return the names of all classes that a release raised, with their bases. */
function raisedOn(facts: AskDocument, place: Place): ReadonlySet<string> {
  const ends = new Set(caseOf(facts, place)?.ends);
  return new Set([...ends].flatMap((end) => facts.ends[end]?.caught ?? []).map((number) => facts.names[number] ?? ""));
}
