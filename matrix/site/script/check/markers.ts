/** Parse PEP 508 markers, write them as `packaging` does, and evaluate them for a Python. */

import { validRange } from "@renovatebot/pep440";

import { Unreadable, allows } from "./specifiers.ts";

type Operand = { readonly variable: string } | { readonly text: string };
type Comparison = { readonly left: Operand; readonly operator: string; readonly right: Operand };
type Marker = Comparison | { readonly joined: "and" | "or"; readonly parts: readonly Marker[] };

const TOKEN = /\s*(?:(\(|\))|("[^"]*"|'[^']*')|(===|==|~=|!=|<=|>=|<|>|not\s+in\b|in\b|and\b|or\b)|([A-Za-z_][\w.]*))/y;
const VARIABLES = new Set([
  "os_name", "sys_platform", "platform_machine", "platform_python_implementation", "platform_release",
  "platform_system", "platform_version", "python_version", "python_full_version", "implementation_name",
  "implementation_version", "extra",
]);
/** Names that older tools write. */
const RENAMED: Readonly<Record<string, string>> = {
  "os.name": "os_name", "sys.platform": "sys_platform", "platform.version": "platform_version",
  "platform.machine": "platform_machine", "platform.python_implementation": "platform_python_implementation",
  python_implementation: "platform_python_implementation",
};
/** Variables that are compared as versions. */
const VERSIONS = new Set(["python_version", "python_full_version", "implementation_version", "platform_release"]);
/** Parentheses inside each other. Nobody nests a marker deeper by hand. */
const DEEPEST = 50;

/** Characters of a marker. */
const LONGEST = 20_000;

/** Parse a marker, and return it as `packaging` writes it; empty for always. */
export function markerOf(text: string): string {
  if (text.length > LONGEST) throw new Unreadable();
  return text.trim() ? written(parse(text), true) : "";
}

/** Return a marker that applies if one of them does; empty, for always, if one is empty or there are none. */
export function anyOf(markers: readonly string[]): string {
  const texts = [...new Set(markers)];
  return texts.includes("") ? "" : texts.join(" or ");
}

/** Return a marker that applies if all of them do; empty, for always, if all are empty or there are none. */
export function allOf(markers: readonly string[]): string {
  const texts = [...new Set(markers)].filter(Boolean);
  return texts.map((text) => (texts.length > 1 && text.includes(" or ") ? `(${text})` : text)).join(" and ");
}

/** Whether a marker applies to a Python on some platform: the visitor may not use the platform that installs. */
export function mayHold(marker: string, python: string): boolean {
  const parsed = parse(marker);
  return PLATFORMS.some((platform) =>
    holds(parsed, { ...platform, python_version: python, python_full_version: `${python}.99` }),
  );
}

const PLATFORMS = [["linux", "Linux", "posix"], ["darwin", "Darwin", "posix"], ["win32", "Windows", "nt"]].flatMap(
  ([sys_platform, platform_system, os_name]) =>
    ["x86_64", "AMD64", "aarch64", "arm64"].map((platform_machine) => ({
      sys_platform, platform_system, os_name, platform_machine,
      implementation_name: "cpython", platform_python_implementation: "CPython",
    })),
);

function parse(text: string): Marker {
  const tokens = tokensOf(text);
  let at = 0;
  const next = (): string => tokens[at++] ?? "";

  function joined(word: "and" | "or", part: (depth: number) => Marker, depth: number): Marker {
    const parts = [part(depth)];
    while (tokens[at] === word) {
      at++;
      parts.push(part(depth));
    }
    return parts.length === 1 && parts[0] ? parts[0] : { joined: word, parts };
  }
  const or = (depth: number): Marker => joined("or", and, depth);
  const and = (depth: number): Marker => joined("and", atom, depth);

  function atom(depth: number): Marker {
    if (depth > DEEPEST) throw new Unreadable();
    if (tokens[at] !== "(") return { left: operand(next()), operator: operator(next()), right: operand(next()) };
    at++;
    const inner = or(depth + 1);
    if (next() !== ")") throw new Unreadable();
    return inner;
  }

  const marker = or(0);
  if (at < tokens.length) throw new Unreadable();
  return marker;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const { length } = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < length) {
    const match = TOKEN.exec(text);
    if (!match) throw new Unreadable();
    tokens.push(match[0].trim());
  }
  return tokens;
}

function operand(token: string): Operand {
  if (/^["']/.test(token)) return { text: token.slice(1, -1) };
  const variable = RENAMED[token] ?? token;
  if (!VARIABLES.has(variable)) throw new Unreadable();
  return { variable };
}

function operator(token: string): string {
  if (!/^(?:[=~!<>]+|in|not\s+in)$/.test(token)) throw new Unreadable();
  return token.replace(/\s+/, " ");
}

function written(marker: Marker, isOutermost = false): string {
  if ("joined" in marker) {
    const text = marker.parts.map((part) => written(part)).join(` ${marker.joined} `);
    return isOutermost ? text : `(${text})`;
  }
  const sides = [marker.left, marker.right].map((side) => ("text" in side ? `"${side.text}"` : side.variable));
  return `${sides[0]} ${marker.operator} ${sides[1]}`;
}

function holds(marker: Marker, environment: Readonly<Record<string, string | undefined>>): boolean {
  if ("joined" in marker) {
    return marker.joined === "and"
      ? marker.parts.every((part) => holds(part, environment))
      : marker.parts.some((part) => holds(part, environment));
  }
  const { left, operator, right } = marker;
  const [here, there] = [left, right].map((side) => ("text" in side ? side.text : (environment[side.variable] ?? "")));
  if (here === undefined || there === undefined) return false;
  const variable = "variable" in left ? left.variable : "variable" in right ? right.variable : "";
  if (VERSIONS.has(variable) && validRange(operator + there)) return allows(operator + there, here, true);
  switch (operator) {
    case "in": return there.includes(here);
    case "not in": return !there.includes(here);
    case "!=": return here !== there;
    // Texts have no order; they can only be equal.
    case "<": case ">": return false;
    default: return here === there;
  }
}
