/** The question of the bar in the address, which can be shared, and in the session, which takes it to other pages. */

import { address } from "../dom.ts";
import { store, stored } from "../session.ts";

/** The fields, by their names in the address and in the session. */
export const FIELDS = ["release", "client", "catch", "fails"] as const;
export type Field = (typeof FIELDS)[number];
export type State = Readonly<Record<Field, string>>;

/** Characters of a field that are kept: no text of the length of a file. */
const LONGEST = 400;

/** Read the question of the address, or else of the session. */
export function readState(): { state: State; isShared: boolean } {
  const query = new URLSearchParams(location.search);
  const isShared = FIELDS.some((name) => query.get(name));
  return { state: stateOf((name) => (isShared ? query.get(name) ?? "" : stored(name))), isShared };
}

/** Read the question of the address alone. */
export function addressed(): State {
  const query = new URLSearchParams(location.search);
  return stateOf((name) => query.get(name) ?? "");
}

/** Keep a question in the address, as a new entry in the browser's history if it is one, and in the session. */
export function keep(state: State, isNew: boolean): void {
  const kept = stateOf((name) => (state[name].length > LONGEST ? "" : state[name]));
  address(kept, isNew);
  for (const name of FIELDS) store(name, kept[name]);
}

/** Keep which handler the text of a question is, for the pages on which handlers can be chosen. */
export function storeHandler({ catch: text }: State, handler: string): void {
  store("handler", handler && `${handler} ${text}`);
}

/** Return the handler of a question; what it catches with, if that was not recognised as the code of a handler. */
export function handlerIn({ catch: text }: State): string {
  const [handler = "", ...words] = stored("handler").split(" ");
  return words.join(" ") === text ? handler : text;
}

function stateOf(valueOf: (name: Field) => string): State {
  return { release: valueOf("release"), client: valueOf("client"), catch: valueOf("catch"), fails: valueOf("fails") };
}
