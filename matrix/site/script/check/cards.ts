/** What a check comes to, as elements: a card for each requirement, worst first in it, and for each thing unread. */

import { element } from "../dom.ts";
import { sentence } from "./dom.ts";
import { type Finding, type Subject, counted } from "./judge.ts";
import { type Problem } from "./manifest.ts";

/** A text that was read and judged. */
export interface Report {
  /** Of the file; empty for a text that was typed or pasted. */
  readonly name: string;
  readonly kind: string;
  readonly subjects: readonly Subject[];
  readonly problems: readonly Problem[];
}

/** What something is, in a word, to its symbol, which never stands without the word. */
const SYMBOLS = { error: "✗", warning: "!", note: "·", unknown: "?", fine: "✓", problem: "✗" };
type Word = keyof typeof SYMBOLS;

/** What a kind of text is called where it has no name. */
const NAMES: Readonly<Record<string, string>> = { requirements: "requirements.txt", pyproject: "pyproject.toml", pylock: "pylock.toml" };

export function cards(report: Report, releases: string): HTMLElement[] {
  const { name } = report;
  return [
    ...report.problems.map((problem) => problemCard(problem, name)),
    ...report.subjects.map((subject) => subjectCard(subject, name, releases)),
  ];
}

/** What reports come to in one line, such as `2 requirements: 1 error, 1 note. Data of 2026-11-23.` */
export function summary(reports: readonly Report[], day: string): string {
  const subjects = reports.flatMap((report) => report.subjects);
  const words = subjects.flatMap((subject) => subject.findings.map(wordOf));
  const count = (word: Word): number => words.filter((one) => one === word).length;
  const unknown = subjects.filter((subject) => subject.state === "unknown").length;
  const problems = reports.flatMap((report) => report.problems).length;
  const isFine = subjects.length > 0 && subjects.every((subject) => subject.state === "fine");
  const said = [
    isFine ? (subjects.length === 1 ? "fine" : "all fine") : "",
    ...(["error", "warning", "note"] as const).map((word) => (count(word) ? counted(count(word), word) : "")),
    unknown ? `${unknown} unknown` : "",
    problems ? counted(problems, "problem") : "",
  ].filter(Boolean);
  const many = subjects.length ? counted(subjects.length, "requirement") : "Found no requirement on the SDK";
  return `${many}${said.length ? `: ${said.join(", ")}` : ""}. Data of ${day}.`;
}

/** The words of the command that says the same in a terminal. */
export function command(reports: readonly Report[], catching: readonly string[], program: string): string[] {
  const files = reports.map((report) => quoted(fileOf(report)));
  return [...program.split(" "), "check", ...files, ...catching.flatMap((handler) => ["--catching", handler])];
}

/** The file in which a text stands, or would stand. */
export function fileOf({ name, kind }: Report): string {
  return name || (NAMES[kind] ?? kind);
}

function quoted(name: string): string {
  return /^[\w.][\w.+-]*$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}

function subjectCard(subject: Subject, name: string, releases: string): HTMLElement {
  const { release, about } = subject;
  const word = subject.state === "finding" && subject.findings[0] ? wordOf(subject.findings[0]) : stateWord(subject);
  const link = element("a", { href: `${releases}${encodeURIComponent(release)}/` }, `All that ${release} does`);
  return element(
    "article", { class: `card is-${word}`, "data-state": subject.state, "data-release": release },
    element("p", { class: "place" }, place(name, subject.line), badge(word)),
    element("h3", {}, element("code", {}, subject.text)),
    element("p", { class: "about" }, `${capital(about)}. `, ...(release ? [link] : [])),
    ...(subject.findings.length ? [element("ul", { class: "findings" }, ...subject.findings.map(findingItem))] : []),
  );
}

function stateWord(subject: Subject): Word {
  return subject.state === "fine" ? "fine" : "unknown";
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

/** A finding in a word: its level, or that it says that nothing is known. */
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
