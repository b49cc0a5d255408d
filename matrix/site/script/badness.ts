/** How bad a mark is for a caller; a mark that can't be compared has no number. */
export const BADNESS: Readonly<Record<string, number>> = { right: 0, typed: 1, coded: 1, wrong: 2, hangs: 3, silent: 3 };
