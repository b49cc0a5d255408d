/**
 * Describes what was thrown as plain data that JSON can hold.
 *
 * The data is canonical: equal behaviour gives equal bytes. Whatever differs between two runs of one call is replaced:
 * the address of the backend by `{base}` or `{origin}`, and the folders of the environment and of the user by `{env}`
 * and `{home}`. A text of thousands of characters is shortened. Nothing else is changed, and nothing is judged.
 */

import { createHash } from "node:crypto";
import { FOLDERS, PACKAGE } from "./environment.mjs";

/**
 * The attributes that handlers read, by the names of the protocol: the first property that exists counts. An attribute
 * that the error lacks is left out, which differs from undefined and from null.
 */
const ATTRIBUTES = { status_code: ["status"], type: ["type"], request_id: ["requestID", "request_id"] };

/** What the protocol writes for undefined, which JSON can't hold. */
const UNDEFINED = { $object: "undefined" };

const MAX_CAUSES = 8;
const LONGEST = 4000;
const BEGINNING = 200;

/** Describe one error by its facets; `sdk` is the imported package, and `baseURL` is empty if there was no call. */
export function describe(error, sdk, baseURL) {
  const [kind, ...bases] = chain(error);
  const facets = {
    name: kind ? classPath(kind, sdk) : typeof error,
    bases: bases.map((base) => classPath(base, sdk)),
    exported: kind ? isExported(kind, sdk) : false,
    attributes: {},
    text: scrub(textOf(error), baseURL),
    causes: causes(error, sdk, baseURL),
  };
  for (const [name, properties] of Object.entries(ATTRIBUTES)) {
    const property = properties.find((each) => has(error, each));
    if (property) facets.attributes[name] = attribute(error, property, sdk, baseURL);
  }
  if (has(error, "message")) facets.message = attribute(error, "message", sdk, baseURL);
  if (has(error, "error")) facets.body = attribute(error, "error", sdk, baseURL);
  return facets;
}

/** Return the name of the class of an error, without the package. */
export function className(error) {
  return chain(error)[0]?.name ?? typeof error;
}

/** List the classes of a value, nearest first, without `Object`. */
function chain(value) {
  if (!isObject(value)) return [];
  const kinds = new Set(); // errors of the system have two prototypes of the class Error
  for (let up = Object.getPrototypeOf(value); up && up !== Object.prototype; up = Object.getPrototypeOf(up)) {
    if (typeof up.constructor === "function") kinds.add(up.constructor);
  }
  return kinds.size ? [...kinds] : [Object];
}

function isObject(value) {
  return value !== null && (typeof value === "object" || typeof value === "function");
}

/** Return whether the package exports a class under its own name, by itself or on its client. */
function isExported(kind, sdk) {
  return sdk[kind.name] === kind || sdk.default?.[kind.name] === kind;
}

function classPath(kind, sdk) {
  return isExported(kind, sdk) ? `${PACKAGE}.${kind.name}` : kind.name;
}

function has(value, property) {
  return isObject(value) && property in value;
}

/** Return the value of a property; for one that throws, the class of what it throws. */
function attribute(error, property, sdk, baseURL) {
  try {
    return plain(error[property], baseURL);
  } catch (thrown) {
    return { $raises: className(thrown) };
  }
}

/** List the causes of an error, nearest first. */
function causes(error, sdk, baseURL) {
  const found = [];
  const visited = new Set([error]);
  while (found.length < MAX_CAUSES && has(error, "cause")) {
    error = error.cause;
    if (error === undefined || visited.has(error)) break;
    visited.add(error);
    const kind = chain(error)[0];
    const name = kind ? classPath(kind, sdk) : typeof error;
    found.push({ how: "cause", name, text: scrub(textOf(error), baseURL) });
  }
  return found;
}

function textOf(value) {
  try {
    return String(value);
  } catch (thrown) {
    return `String() threw ${className(thrown)}`;
  }
}

/** Copy a value as JSON holds it; describe one that JSON can't hold by its class and text. */
function plain(value, baseURL) {
  if (value === undefined) return UNDEFINED;
  let copied;
  try {
    copied = typeof value === "number" && !Number.isFinite(value) ? undefined : JSON.stringify(value);
  } catch {
    copied = undefined;
  }
  if (copied !== undefined) return scrubbed(JSON.parse(copied), baseURL);
  return { $object: chain(value)[0]?.name ?? typeof value, $text: scrub(textOf(value), baseURL) };
}

function scrubbed(value, baseURL) {
  if (typeof value === "string") return scrub(value, baseURL);
  if (Array.isArray(value)) return value.map((item) => scrubbed(item, baseURL));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [scrub(key, baseURL), scrubbed(item, baseURL)]),
  );
}

/** Replace the parts of a text that differ between two runs. */
function scrub(text, baseURL) {
  if (baseURL) {
    const { origin, host } = new URL(baseURL);
    text = text.replaceAll(baseURL, "{base}").replaceAll(origin, "{origin}").replaceAll(host, "{origin}");
  }
  for (const [folder, name] of FOLDERS) text = text.replaceAll(folder, name);
  text = text.replace(/\p{Cs}/gu, "?");
  return text.length <= LONGEST ? text : shortened(text);
}

function shortened(text) {
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 16);
  return `${text.slice(0, BEGINNING)}... (${text.length} characters, sha256 ${digest})`;
}
