/** Words and limits that the worker and the page share. */

/** Characters of one text. The largest known locks have three million. */
export const LIMIT = 16 * 1024 * 1024;
export const TOO_LARGE = `The file was skipped: it has more than ${LIMIT >> 20} MB.`;

/** Write a number with its noun. */
export function counted(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}
