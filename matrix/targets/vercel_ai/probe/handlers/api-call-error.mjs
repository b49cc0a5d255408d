// Catch an APICallError that is retryable. Seen in many apps.

import { APICallError } from "ai";

export async function ask(create) {
  try {
    for await (const part of await create()) void part;
  } catch (error) {
    if (APICallError.isInstance(error) && error.isRetryable) return "retry";
    throw error;
  }
}
