/**
 * The calls of the SDK under test, each made as its users make it, and to the end of its stream.
 *
 * A call is given the client and a `Delivered` to fill. A function that a release lacks is unsupported; that is found by
 * looking, never by version number.
 */

const KEY = "sk-midstream";
const MODEL = "claude-3-haiku-20240307";
const ONCE = { maxRetries: 0 };

/** The release lacks the function or the method. */
export class Unsupported extends Error {}

/** Make what stands for a client: a function that calls `streamText` with settings. */
function makeClient(sdk, baseURL, timeout) {
  if (typeof sdk.streamText !== "function") throw new Unsupported("streamText");
  return async (settings, options) => {
    const { createAnthropic } = await import("@ai-sdk/anthropic");
    const model = createAnthropic({ baseURL: `${baseURL}/v1`, apiKey: KEY, ...options })(MODEL);
    const abort = timeout === null ? {} : { abortSignal: AbortSignal.timeout(timeout * 1000) };
    return sdk.streamText({ model, prompt: "Hi", ...abort, ...settings });
  };
}

/** Refuse a method that the result of `streamText` lacks. A call whose request is never sent shows which it has. */
async function requireMethod(streamText, name) {
  const result = await streamText(ONCE, { fetch: () => new Promise(() => {}) });
  if (typeof result[name] !== "function") throw new Unsupported(name);
}

/** Read one of the streams of the result. */
function read(name, settings) {
  return async (streamText, delivered) => {
    // The SDK gives the errors of each stream to this callback. By default it prints them.
    const onError = ({ error }) => delivered.errors.push(error);
    const result = await streamText({ onError, ...settings });
    await delivered.take(result[name]);
    await delivered.finish(result.finishReason);
  };
}

/** Read the text with a callback for errors. */
async function readTextWithCallback(streamText, delivered) {
  const result = await streamText({ ...ONCE, onError: ({ error }) => delivered.callback(error) });
  await delivered.take(result.textStream);
  await delivered.finish(result.finishReason);
}

/** Await the whole text, which reads no stream. */
async function text(streamText, delivered) {
  const result = await streamText(ONCE);
  delivered.text = await result.text;
}

/** Read the stream to its end and drop it, then await the whole text. */
async function consume(streamText, delivered) {
  await requireMethod(streamText, "consumeStream");
  const result = await streamText(ONCE);
  await result.consumeStream();
  delivered.text = await result.text;
}

/** Read the response that a server gives to the hooks of this SDK in a browser. */
async function respond(streamText, delivered) {
  await requireMethod(streamText, "toUIMessageStreamResponse");
  const result = await streamText(ONCE);
  const { body } = result.toUIMessageStreamResponse();
  delivered.began = true;
  let rest = "";
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("data: {")) delivered.event(JSON.parse(line.slice("data: ".length)));
    }
  }
}

const CALLS = {
  textStream: read("textStream", ONCE),
  fullStream: read("fullStream", ONCE),
  "textStream.onError": readTextWithCallback,
  text,
  consumeStream: consume,
  toUIMessageStreamResponse: respond,
  "fullStream.own-retries": read("fullStream", {}),
  "fullStream.streamRetries": read("fullStream", { ...ONCE, streamRetries: 2 }),
};

/** Every surface, by id: the function that makes its client, and its call. */
export const SURFACES = Object.fromEntries(Object.entries(CALLS).map(([id, call]) => [id, { makeClient, call }]));
