/** What is asked of the HTML of the site: all that html-validate recommends, but for this. */
export default {
  root: true,
  extends: ["html-validate:recommended", "html-validate:document"],
  rules: {
    // HTML has it in any case; the templates have everything in lower case.
    "doctype-style": ["error", { style: "lowercase" }],
    // A page shows what was sent as it was sent, spaces and all.
    "no-trailing-whitespace": "off",
    // What a page asks of its own site is published with it; only what came from elsewhere would want a hash.
    "require-sri": ["error", { target: "crossorigin" }],
    // An anchor names the releases that it is about, and versions have dots; HTML allows any id without a space.
    "valid-id": ["error", { relaxed: true }],
  },
};
