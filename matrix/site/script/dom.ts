/** Elements, made of text only: nothing here reads markup. */

/** The one element that a selector finds in a page that is known to have it. */
export function need<T extends Element>(root: ParentNode, selector: string): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
}

/** An element with attributes and children; a text only says something. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.map((child) => (typeof child === "string" ? inert(child) : child)));
  return made;
}

/** Changes the query of the address, without a step in the browser's history; empty values are left out. */
export function address(query: Record<string, string>): void {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(query)) {
    if (value) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
  }
  history.replaceState(history.state, "", url);
}

/** What characters of another direction or without a width would do to a line, they do not: they are shown escaped. */
export function inert(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu,
    (one) => (one === "\n" || one === "\t" ? one : `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`),
  );
}
