// Take the error from the callback onError, and call again if it is an APICallError that is retryable. Seen in many apps.

import { APICallError } from "ai";

export async function ask(create) {
  let failure = null;
  try {
    for await (const part of await create({ onError: ({ error }) => (failure = error) })) void part;
  } catch (error) {
    failure = error;
  }
  if (APICallError.isInstance(failure) && failure.isRetryable) return "retry";
  if (failure !== null) throw failure;
}
