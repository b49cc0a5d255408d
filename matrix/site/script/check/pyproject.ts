/** `pyproject.toml`: what a project, its extras, its groups and its build ask for. */

import { type Parsed } from "./lines.ts";
import { type Draft, type Entry, NO_LOCK, asText, firstText, isTable, shown, table } from "./manifest.ts";
import { readPoetry } from "./poetry.ts";
import { type Target, type Wanted, isTarget, namedBy, requirement } from "./requirement.ts";
import { clauses, together } from "./specifiers.ts";

export function readPyproject(parsed: Parsed, draft: Draft): void {
  const { tree } = parsed;
  const python = table(tree, "project")["requires-python"];
  if (typeof python === "string") draft.python = checked(python, draft);
  const published: Entry[] = [];
  for (const path of lists(tree)) {
    const found = entries(path, parsed, draft);
    if (path.join(".") === "project.dependencies") published.push(...found);
    const isConstraint = path.at(-1) === "constraint-dependencies";
    draft.entries.push(...(isConstraint ? found.map((one) => narrowed(one, published)) : found));
  }
  readPoetry(parsed, draft);
  const sources = Object.entries(table(tree, "tool", "uv", "sources"));
  const source = sources.filter(([name]) => isTarget(name, draft.target)).map(([, one]) => one);
  const taken = source.flat().map((one) => firstText(one, "git", "url", "path")).find(Boolean);
  if (taken) draft.entries.splice(0, Infinity, ...draft.entries.map((one) => ({ ...one, direct: one.direct || taken })));
}

function checked(python: string, draft: Draft): string {
  try {
    clauses(python);
    return python;
  } catch {
    draft.say(`\`project.requires-python\` is ${shown(python)}, and that is no specifier.`);
    return "";
  }
}

/** The path of every list of requirements, in the order in which they are read. */
function lists(tree: unknown): string[][] {
  const named = [["project", "optional-dependencies"], ["dependency-groups"], ["tool", "pdm", "dev-dependencies"]];
  const paths = [
    ["project", "dependencies"],
    ...named.flatMap((parent) => Object.keys(table(tree, ...parent)).map((name) => [...parent, name])),
    ...["dev", "constraint", "override"].map((kind) => ["tool", "uv", `${kind}-dependencies`]),
    ["build-system", "requires"],
  ];
  return paths.filter((path) => (path.at(-1) ?? "") in table(tree, ...path.slice(0, -1)));
}

function entries(path: readonly string[], { tree, line }: Parsed, draft: Draft): Entry[] {
  const items = table(tree, ...path.slice(0, -1))[path.at(-1) ?? ""];
  const origin = path.join(".");
  if (!Array.isArray(items)) {
    draft.say(`\`${origin}\` is ${shown(items)}, and not an array.`, "", line(...path));
    return [];
  }
  return [...items.entries()].flatMap(([index, item]) => {
    if (isTable(item) && path[0] === "dependency-groups") return []; // another group is included, and read itself
    const where = line(...path, index);
    try {
      const { name, ...wanted } = wantedBy(asText(item), draft.target);
      return isTarget(name, draft.target) ? [{ ...wanted, line: where, locked: NO_LOCK }] : [];
    } catch {
      const hint = `A requirement is written as PEP 508 has it: \`${draft.target.package}>=0.40,<1\`.`;
      draft.say(`In \`${origin}\`, this is no requirement: ${shown(item)}.`, hint, where);
      return [];
    }
  });
}

/** PDM writes editable folders with `-e`. */
function wantedBy(text: string, target: Target): Wanted {
  return text.startsWith("-e ") ? namedBy(text.slice(3).trim(), target) : requirement(text, target);
}

/** A constraint with what the project asks for whenever the constraint holds. */
function narrowed(constraint: Entry, published: readonly Entry[]): Entry {
  const allies = published.filter((one) => one.marker === "" || one.marker === constraint.marker);
  return { ...constraint, specifier: together([constraint.specifier, ...allies.map((one) => one.specifier)]) };
}
