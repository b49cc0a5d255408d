/** Make a chip like those that the templates make: the verdict for screen readers, and words; the style draws the sign. */

import { element } from "./dom.ts";

/** Mark to its sign and its title. */
export type Marks = Record<string, [sign: string, title: string]>;

export function chipOf(marks: Marks, mark: string, words: string): HTMLElement {
  const [, title] = marks[mark] ?? ["", mark];
  const spoken = words === title ? [] : [element("span", { class: "sr" }, `${title}: `)];
  return chip(`m-${mark}`, ...spoken, words);
}

/** Make a chip of any style. */
export function chip(style: string, ...words: readonly (Node | string)[]): HTMLElement {
  return element("span", { class: `chip ${style}` }, element("span", {}, ...words));
}
