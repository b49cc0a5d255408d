/** Describes an error of this SDK by the names that the shared description reads. */

import { PACKAGE } from "./environment.mjs";
import { describe as describeView } from "./facets.mjs";

/** The names that it reads, each with the properties that an error of this SDK has instead. */
const NAMES = { status: ["statusCode"], error: ["data", "responseBody"] };

/** Describe one error by its facets; `sdk` is the imported package, and `baseURL` is empty if there was no call. */
export function describe(error, sdk, baseURL) {
  const facets = describeView(viewOf(error), sdk, baseURL);
  const rename = (name) => exportedName(name, sdk);
  const [name, bases] = [rename(facets.name), facets.bases.map(rename)];
  const causes = facets.causes.map((cause) => ({ ...cause, name: rename(cause.name) }));
  return { ...facets, name, bases, causes, exported: facets.exported || name !== facets.name };
}

/** Return an object that has every property of an error, and those names too; any other error as it is. */
function viewOf(error) {
  const found = Object.entries(NAMES).flatMap(([name, properties]) => {
    const property = properties.find((each) => error?.[each] !== undefined);
    return property ? [[name, { value: error[property], enumerable: true }]] : [];
  });
  return found.length ? Object.create(error, Object.fromEntries(found)) : error;
}

/** Return the name under which the package exports a class whose own name has an underscore, as bundlers write it. */
function exportedName(name, sdk) {
  const bare = name.replace(/^_/, "");
  return bare !== name && sdk[bare]?.name === name ? `${PACKAGE}.${bare}` : name;
}
