/** Make a chip like those that the templates make: a sign, the verdict for screen readers, and words. */

import { element } from "./dom.ts";

/** Mark to its sign and its title. */
export type Marks = Record<string, [sign: string, title: string]>;

export function chipOf(marks: Marks, mark: string, words: string): HTMLElement {
  const [sign, title] = marks[mark] ?? ["", mark];
  const spoken = words === title ? [] : [element("span", { class: "sr" }, `${title}: `)];
  return chip(`m-${mark}`, sign, ...spoken, words);
}

/** Make a chip of any style. */
export function chip(style: string, sign: string, ...words: readonly (Node | string)[]): HTMLElement {
  const hidden = element("span", { class: "sign", "aria-hidden": "true" }, sign);
  return element("span", { class: `chip ${style}` }, hidden, element("span", {}, ...words));
}
