/** Elements of the check page; those of all pages are in `../dom.ts`. */

import { element } from "../dom.ts";

/** Make a button, with another label for screen readers if its text is a symbol. */
export function button(text: string, pressed: () => void, label = text): HTMLButtonElement {
  const made = element("button", { type: "button", ...(label === text ? {} : { "aria-label": label }) }, text);
  made.addEventListener("click", pressed);
  return made;
}

/** Return the element of this page with an id; throws if it is missing or of another kind. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const node = document.getElementById(id);
  if (!(node instanceof kind)) throw new Error(`This page has no ${kind.name} of id ${id}.`);
  return node;
}
