/**
 * The calls of the SDK under test, each made as its users make it: with a client, and to the end of its stream.
 *
 * A surface makes a client, and a call is given the client and a `Delivered` to fill. A client or a method that a release
 * lacks is unsupported; that is found by looking, never by version number.
 */

import { Delivered } from "./delivered.mjs";

const KEY = "sk-midstream";

/** Seconds that a client waits for the server; longer than any deadline, so that a hang never looks like a timeout. */
const PATIENCE = 60;

const MODEL = "midstream";
const MESSAGE = { model: MODEL, max_tokens: 16, messages: [{ role: "user", content: "Hi" }] };
const COMPLETION = { model: MODEL, max_tokens_to_sample: 16, prompt: "\n\nHuman: Hi\n\nAssistant:" };

const RETRIES = 2;

/**
 * How many requests the tool runner may make: one, and another if it takes the answer for a call of a tool. Without a
 * limit it would go on for ever against a server that always gives the same answer.
 */
const TURNS = 2;

/** The release lacks the client or the method. */
export class Unsupported extends Error {}

function makeClient(sdk, baseURL, timeout) {
  if (typeof sdk.default !== "function") throw new Unsupported("Anthropic");
  return new sdk.default({ apiKey: KEY, baseURL, maxRetries: 0, timeout: (timeout ?? PATIENCE) * 1000 });
}

/** Make the client of releases before 0.5, which has neither retries nor timeouts. */
function makeOldClient(sdk, baseURL) {
  if (typeof sdk.Client?.prototype?.completeStream !== "function") throw new Unsupported("Client.completeStream");
  return new sdk.Client(KEY, { apiUrl: baseURL });
}

/** Return a function that calls the method at a dotted path from the client. */
function method(client, path) {
  const names = path.split(".");
  const name = names.pop();
  const resource = names.reduce((parent, each) => parent?.[each], client);
  if (typeof resource?.[name] !== "function") throw new Unsupported(path);
  return (...parameters) => resource[name](...parameters);
}

/** Call `create({stream: true})`, which resolves to an iterable of events. */
function create(path, parameters, options) {
  return async (client, delivered) => delivered.take(await method(client, path)({ ...parameters, stream: true }, options));
}

/** Call `create({stream: true}).withResponse()`, which also gives the response. */
async function createWithResponse(client, delivered) {
  const request = method(client, "messages.create")({ ...MESSAGE, stream: true });
  const { data } = await method(request, "withResponse")();
  await delivered.take(data);
}

/** Make a call twice on one client, and report the second one. */
function second(call) {
  return async (client, delivered) => {
    await call(client, new Delivered());
    await call(client, delivered);
  };
}

/** Call `stream()`: an iterable of events, which also assembles a final message. */
function helper(path) {
  return async (client, delivered) => {
    const stream = method(client, path)(MESSAGE);
    try {
      await delivered.take(stream);
    } finally {
      await delivered.finish(() => stream.finalMessage());
    }
  };
}

/** Call `stream()`, and use another method of its stream than the iterator. */
function ofHelper(name, use) {
  return async (client, delivered) => {
    const stream = method(client, "messages.stream")(MESSAGE);
    await use(method(stream, name), delivered);
  };
}

/** Listen to the events of `stream()`, with a listener for errors. */
function listen(on, delivered) {
  return new Promise((resolve, reject) => {
    on("text", (text) => (delivered.text += text));
    on("error", reject);
    on("end", resolve);
  });
}

/** Listen to the events of `stream()`, without a listener for errors. */
function listenToText(on, delivered) {
  return new Promise((resolve) => {
    on("text", (text) => (delivered.text += text));
    on("end", resolve);
  });
}

async function toolRunner(client, delivered) {
  const run = method(client, "beta.messages.toolRunner");
  for await (const stream of run({ ...MESSAGE, stream: true, tools: [], max_iterations: TURNS })) {
    await delivered.take(stream);
  }
}

async function completeStream(client, delivered) {
  delivered.began = true;
  await client.completeStream(COMPLETION, { onUpdate: (event) => delivered.snapshot(event) });
}

const CALLS = {
  "messages.create": create("messages.create", MESSAGE),
  "messages.stream": helper("messages.stream"),
  "messages.create.maxRetries": create("messages.create", MESSAGE, { maxRetries: RETRIES }),
  "messages.create.second-call": second(create("messages.create", MESSAGE)),
  "messages.create.withResponse": createWithResponse,
  "messages.stream.on": ofHelper("on", listen),
  "messages.stream.on-text": ofHelper("on", listenToText),
  "messages.stream.finalMessage": ofHelper("finalMessage", async (final, delivered) => delivered.message(await final())),
  "messages.stream.finalText": ofHelper("finalText", async (final, delivered) => (delivered.text = await final())),
  "messages.stream.done": ofHelper("done", (done) => done()),
  "beta.messages.create": create("beta.messages.create", MESSAGE),
  "beta.messages.stream": helper("beta.messages.stream"),
  "beta.messages.toolRunner": toolRunner,
  "completions.create": create("completions.create", COMPLETION),
};

/** Every surface, by id: the function that makes its client, and its call. */
export const SURFACES = {
  ...Object.fromEntries(Object.entries(CALLS).map(([id, call]) => [id, { makeClient, call }])),
  completeStream: { makeClient: makeOldClient, call: completeStream },
};
