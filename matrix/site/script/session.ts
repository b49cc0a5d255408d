/** What the visitor chose, for the other pages of this session and the other parts of this page. */

/** The event by which the parts of a page tell each other which release the visitor means; its detail is the version. */
const RELEASE = "release";

/** Return what the visitor chose before under a name; empty if there is nothing. */
export function stored(name: string): string {
  try {
    return sessionStorage.getItem(name) ?? "";
  } catch {
    return ""; // the browser stores nothing
  }
}

/** Keep a choice while the browser's tab is open; an empty one is forgotten. */
export function store(name: string, value: string): void {
  try {
    if (value) sessionStorage.setItem(name, value);
    else sessionStorage.removeItem(name);
  } catch {
    // The choice holds for this page only.
  }
}

/** Return the release that the visitor means: that of the address, or else of the session; empty if there is none. */
export function meantRelease(): string {
  return new URLSearchParams(location.search).get(RELEASE) ?? stored(RELEASE);
}

/** Keep the release that the visitor means. */
export function storeRelease(version: string): void {
  store(RELEASE, version);
}

/** Tell the parts of this page which release the visitor means. */
export function tellRelease(version: string): void {
  document.dispatchEvent(new CustomEvent(RELEASE, { detail: version }));
}

/** Call a function with each release that a part of this page tells. */
export function hearRelease(hear: (version: string) => void): void {
  document.addEventListener(RELEASE, (event) => hear((event as CustomEvent<string>).detail));
}
