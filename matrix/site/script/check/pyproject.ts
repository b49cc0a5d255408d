/** `pyproject.toml`: the requirements of a project, its extras, its groups and its build. */

import { type Parsed } from "./lines.ts";
import { type Draft, type Entry, type Table, NO_LOCK, asText, at, describe, firstText, isTable, table } from "./manifest.ts";
import { readPoetry } from "./poetry.ts";
import { type ParsedRequirement, type Target, isTarget, namedBy, normalised, requirement } from "./requirement.ts";
import { normalForm, together } from "./specifiers.ts";

const GROUPS = "dependency-groups";
const INCLUDE = "include-group";

/** Add every requirement on the target. */
export function readPyproject(parsed: Parsed, draft: Draft): void {
  const { tree } = parsed;
  const python = table(tree, "project")["requires-python"];
  if (typeof python === "string") draft.python = pythonOf(python, draft);
  const published: Entry[] = [];
  for (const path of lists(tree)) {
    const added = entries(path, parsed, draft);
    if (path.join(".") === "project.dependencies") published.push(...added);
    const isConstraint = path.at(-1) === "constraint-dependencies";
    draft.entries.push(...(isConstraint ? added.map((entry) => narrowed(entry, published)) : added));
  }
  readPoetry(parsed, draft);
  reportUnread(tree, draft);
  checkIncludes(table(tree, GROUPS), draft);
  const named = Object.entries(table(tree, "tool", "uv", "sources")).find(([name]) => isTarget(name, draft.target));
  const sources = [named?.[1]].flat().filter(isTable);
  const ofPoetry = draft.entries.find(({ direct, origin }) => direct && origin === "dependencies")?.direct;
  draft.entries.forEach((entry, index) => {
    const { origin = "" } = entry;
    const direct = sources.filter((source) => applies(source, origin)).map(addressOf).find(Boolean)
      ?? (origin.startsWith("project.") && ofPoetry);
    if (direct && !entry.direct) draft.entries[index] = { ...entry, specifier: namedBy(direct, draft.target).specifier, direct };
  });
}

/** Return whether a source of uv counts for a part of the file: it may be limited to an extra or to a group. */
function applies({ extra, group }: Table, origin: string): boolean {
  const limits = [["project.optional-dependencies", extra], [GROUPS, group]].filter(([, name]) => name);
  return !limits.length || limits.some(([part, name]) => origin === `${part}.${normalised(`${name}`)}`);
}

function addressOf(source: Table): string {
  return source["workspace"] === true ? "a member of the workspace"
    : at(firstText(source, "git", "url", "path"), firstText(source, "tag", "rev", "branch"));
}

/** Report the tables that only the command reads: those of other tools, and those that name other files. */
function reportUnread(tree: unknown, draft: Draft): void {
  const text = (...path: string[]): string => JSON.stringify(table(tree, "tool", ...path)).toLowerCase();
  const unread = ["pixi", "hatch", "tox"].filter((tool) => text(tool).includes(draft.target.package));
  if (text("setuptools", "dynamic").includes("dependencies")) unread.push("setuptools.dynamic");
  for (const name of unread) draft.report(`The page does not read \`[tool.${name}]\`.`, "Run `matrix check`, which does.");
}

function pythonOf(python: string, draft: Draft): string {
  try {
    normalForm(python);
    return python;
  } catch {
    const message = `\`project.requires-python\` is not a valid specifier: ${describe(python)}.`;
    draft.report(message, "Write a PEP 440 specifier such as `>=3.9`.");
    return "";
  }
}

/** Return the path of every list of requirements, in the order in which they are read. */
function lists(tree: unknown): string[][] {
  const parents = [["project", "optional-dependencies"], [GROUPS], ["tool", "pdm", "dev-dependencies"]];
  const paths = [
    ["project", "dependencies"],
    ...parents.flatMap((parent) => Object.keys(table(tree, ...parent)).map((name) => [...parent, name])),
    ...["dev", "constraint", "override"].map((kind) => ["tool", "uv", `${kind}-dependencies`]),
    ["build-system", "requires"],
  ];
  return paths.filter((path) => (path.at(-1) ?? "") in table(tree, ...path.slice(0, -1)));
}

function entries(path: readonly string[], { tree, line }: Parsed, draft: Draft): Entry[] {
  const items = table(tree, ...path.slice(0, -1))[path.at(-1) ?? ""];
  const origin = path.join(".");
  if (!Array.isArray(items)) {
    draft.report(`\`${origin}\` must be an array, but is ${describe(items)}.`, "", line(...path));
    return [];
  }
  return [...items.entries()].flatMap(([index, item]) => {
    if (isTable(item) && path[0] === GROUPS) return []; // an include, which `checkIncludes` checks
    const where = line(...path, index);
    try {
      const { name, ...parsed } = parse(asText(item), draft.target);
      return isTarget(name, draft.target) ? [{ ...parsed, line: where, locked: NO_LOCK, origin: path.map(normalised).join(".") }] : [];
    } catch {
      const hint = `Write a PEP 508 requirement such as \`${draft.target.package}>=0.40,<1\`.`;
      draft.report(`\`${origin}\` has an item that is not a requirement: ${describe(item)}.`, hint, where);
      return [];
    }
  });
}

/** PDM writes editable folders with `-e`. */
function parse(text: string, target: Target): ParsedRequirement {
  return text.startsWith("-e ") ? namedBy(text.slice(3).trim(), target) : requirement(text, target);
}

/** Narrow a constraint by the project's own requirements that apply whenever the constraint does. */
function narrowed(constraint: Entry, published: readonly Entry[]): Entry {
  const allies = published.filter((entry) => entry.marker === "" || entry.marker === constraint.marker);
  return { ...constraint, specifier: together([constraint.specifier, ...allies.map((entry) => entry.specifier)]) };
}

/** Report every include of a group that does not exist, and every group that includes itself, once. */
function checkIncludes(groups: Table, draft: Draft): void {
  const includes = new Map<string, string[]>();
  for (const [name, items] of Object.entries(groups)) {
    const targets = includes.get(normalised(name)) ?? [];
    for (const item of Array.isArray(items) ? items.filter(isTable) : []) {
      const target = item[INCLUDE];
      if (typeof target === "string") targets.push(normalised(target));
      else draft.report(`\`${GROUPS}.${name}\` has a table that includes no group.`, `Write \`{ ${INCLUDE} = "NAME" }\`.`);
    }
    includes.set(normalised(name), targets);
  }
  for (const [name, targets] of includes) {
    for (const target of new Set(targets)) {
      if (!includes.has(target)) draft.report(`\`${GROUPS}.${name}\` includes ${describe(target)}, but no group has that name.`);
    }
  }
  const reported = new Set<string>();
  for (const name of includes.keys()) {
    const reachable = reachableFrom(name, includes);
    if (reported.has(name) || !reachable.has(name)) continue;
    for (const other of reachable) if (reachableFrom(other, includes).has(name)) reported.add(other);
    draft.report(`\`${GROUPS}.${name}\` includes itself.`, "Remove one of the includes.");
  }
}

/** Return all groups that a group includes, directly or through others. */
function reachableFrom(name: string, includes: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reachable = new Set<string>();
  const todo = [...(includes.get(name) ?? [])];
  for (let target = todo.pop(); target !== undefined; target = todo.pop()) {
    if (reachable.has(target)) continue;
    reachable.add(target);
    todo.push(...(includes.get(target) ?? []));
  }
  return reachable;
}
