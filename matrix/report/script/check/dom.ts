/** Elements, made from text and other elements only: what a stranger's file says is never markup. */

type Child = Node | string;

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K, properties: Readonly<Record<string, string>>, ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A sentence in which backquotes mean code. */
export function sentence(text: string): Child[] {
  const parts = text.split("`");
  // An odd one that nobody closed is a character of the user's.
  return parts.length % 2 ? parts.map((part, index) => (index % 2 ? element("code", {}, part) : part)) : [text];
}

export function button(text: string, pressed: () => void, label = text): HTMLButtonElement {
  const made = element("button", { type: "button", ...(label === text ? {} : { "aria-label": label }) }, text);
  made.addEventListener("click", pressed);
  return made;
}

/** The element of this page with an id, of a kind. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`This page has no ${kind.name} of id ${id}.`);
  return found;
}
