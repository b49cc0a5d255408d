/** Read files that were dropped or chosen, as text. */

import { LIMIT, TOO_LARGE } from "./text.ts";

/** A file that can't be read as text; the message is a sentence for the user. */
export class UnreadableFile extends Error {
  constructor(message: string, readonly hint: string) {
    super(message);
  }
}

/** Return the text of a file. Throws `UnreadableFile`. */
export async function textOf(file: File): Promise<string> {
  if (file.size > LIMIT) throw new UnreadableFile(TOO_LARGE, "Choose a manifest, such as `requirements.txt` or `uv.lock`.");
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new UnreadableFile("The file can't be read: it is a folder, or it has changed.", "Choose the file again.");
  }
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    throw new UnreadableFile("The file is not UTF-8.", "Save it as UTF-8.");
  }
}

/** PowerShell writes `pip freeze > requirements.txt` as UTF-16. */
function encodingOf([first, second]: Uint8Array): string {
  return first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}
