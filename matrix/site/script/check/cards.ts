/** Show the reports of a check as cards: one for each problem, and one for each requirement with its findings. */

import { element, sentence } from "../dom.ts";

import { type Question, type Report } from "./answer.ts";
import { type Finding, type State, type Subject } from "./judge.ts";
import { type Problem } from "./manifest.ts";
import { counted } from "./text.ts";

/** Cards on the page. A browser takes seconds to lay out thousands. */
const MOST_CARDS = 500;

/** The symbol of each word; a symbol never stands without its word. */
const SYMBOLS = { error: "✗", warning: "!", note: "·", unknown: "?", fine: "✓", problem: "✗" };
type Word = keyof typeof SYMBOLS;

/** The usual names of files whose kind is not a file name. */
const NAMES: Readonly<Record<string, string>> = { requirements: "requirements.txt", pyproject: "pyproject.toml", pylock: "pylock.toml" };

/** Make the cards of all reports, in order, and a note that counts those beyond the limit. */
export function cards(reports: readonly Report[], releases: string): HTMLElement[] {
  const all = reports.flatMap(({ name, problems, subjects }) => [
    ...problems.map((problem) => () => problemCard(problem, name)),
    ...subjects.map((subject) => () => subjectCard(subject, name, releases)),
  ]);
  const unlisted = all.length - MOST_CARDS;
  const note = `${counted(unlisted, "more result")} ${unlisted === 1 ? "is" : "are"} not listed. The command below lists all.`;
  return [...all.slice(0, MOST_CARDS).map((make) => make()), ...(unlisted > 0 ? [element("p", { class: "note" }, note)] : [])];
}

/** Summarise reports in one line, such as `2 requirements: 1 error, 1 note. Data of 2026-11-23.` */
export function summary(reports: readonly Report[], day: string): string {
  const subjects = reports.flatMap((report) => report.subjects);
  const words = subjects.flatMap((subject) => subject.findings.map(wordOf));
  const count = (word: Word): number => words.filter((each) => each === word).length;
  const unknown = subjects.filter((subject) => subject.state === "unknown").length;
  const problems = reports.flatMap((report) => report.problems).length;
  const all = (state: State): boolean => subjects.length > 0 && subjects.every((subject) => subject.state === state);
  const counts = [
    all("fine") ? (subjects.length === 1 ? "fine" : "all fine") : all("unjudged") ? "handling not judged" : "",
    ...(["error", "warning", "note"] as const).map((word) => (count(word) ? counted(count(word), word) : "")),
    unknown ? `${unknown} unknown` : "",
    problems ? counted(problems, "problem") : "",
  ].filter(Boolean);
  const requirements = subjects.length ? counted(subjects.length, "requirement") : "Found no requirement on the SDK";
  return `${requirements}${counts.length ? `: ${counts.join(", ")}` : ""}. Data of ${day}.`;
}

/** Return the words of the command that prints the same in a terminal. */
export function command(reports: readonly Report[], { catching, client }: Question, program: string): string[] {
  const files = reports.map((report) => quoted(fileOf(report)));
  return [...program.split(" "), "check", ...files, ...catching.flatMap((handler) => ["--catching", handler]), ...(client ? ["--client", client] : [])];
}

/** Return the name of a text's file, or the usual name of its kind. */
export function fileOf({ name, kind }: Report): string {
  return name || (NAMES[kind] ?? kind);
}

function quoted(name: string): string {
  return /^[\w.][\w.+-]*$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}

function subjectCard(subject: Subject, name: string, releases: string): HTMLElement {
  const { release, about, isOfOtherClients } = subject;
  const word = subject.state === "finding" && subject.findings[0] ? wordOf(subject.findings[0]) : stateWord(subject);
  const link = element("a", { href: `${releases}${encodeURIComponent(release)}/${isOfOtherClients ? "#clients" : ""}` }, `Evidence for ${release}`);
  return element(
    "article", { class: `card is-${word}`, "data-state": subject.state, "data-release": release },
    element("p", { class: "place" }, place(name, subject.line), badge(word)),
    element("h3", {}, element("code", {}, subject.text)),
    element("p", { class: "about" }, `${capital(about)}. `, ...(release ? [link] : [])),
    ...(subject.findings.length ? [element("ul", { class: "findings" }, ...subject.findings.map(findingItem))] : []),
  );
}

function stateWord(subject: Subject): Word {
  return subject.state === "fine" ? "fine" : subject.state === "unjudged" ? "note" : "unknown";
}

function findingItem(finding: Finding): HTMLElement {
  const { rule, level, message, instead } = finding;
  return element(
    "li", { "data-rule": rule, "data-level": level },
    badge(wordOf(finding)),
    element(
      "div", {},
      element("p", { class: "message" }, ...sentence(message), " ", element("code", { class: "rule" }, rule)),
      ...(instead ? [element("p", { class: "instead" }, element("b", {}, "Instead: "), ...sentence(instead))] : []),
    ),
  );
}

function problemCard({ line, message, hint }: Problem, name: string): HTMLElement {
  return element(
    "article", { class: "card is-problem" },
    element("p", { class: "place" }, place(name, line), badge("problem")),
    element("p", { class: "message" }, ...sentence(message)),
    ...(hint ? [element("p", { class: "instead" }, ...sentence(hint))] : []),
  );
}

/** Return the word of a finding: its level, or `unknown` if the release was not measured. */
function wordOf(finding: Finding): Word {
  return finding.rule === "unknown-release" ? "unknown" : finding.level;
}

function badge(word: Word): HTMLElement {
  return element("span", { class: `badge is-${word}` }, element("span", { "aria-hidden": "true" }, SYMBOLS[word]), ` ${word}`);
}

function place(name: string, line: number): HTMLElement {
  const text = [name, line ? `line ${line}` : ""].filter(Boolean).join(", ");
  return element("span", {}, text || "the text");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
