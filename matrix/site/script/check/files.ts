/** Files that were dropped or chosen, as text. */

import { LIMIT, read } from "./read.ts";
import { type Target } from "./requirement.ts";
import { Draft, type Manifest } from "./manifest.ts";

export async function readFile(file: File, target: Target): Promise<Manifest> {
  if (file.size > LIMIT) return unread(target, `It has more than ${LIMIT >> 20} MB: no manifest is that large.`);
  try {
    return read(decoded(new Uint8Array(await file.arrayBuffer())), target, file.name);
  } catch {
    return unread(target, "It can't be read: it is a folder, or it is not UTF-8.");
  }
}

function unread(target: Target, message: string): Manifest {
  const draft = new Draft(target);
  draft.say(message, "Choose a manifest, such as `requirements.txt` or `uv.lock`.");
  return draft.done("unknown");
}

/** PowerShell writes `pip freeze > requirements.txt` as UTF-16. */
function decoded(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding = first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding, { fatal: true }).decode(bytes);
}
