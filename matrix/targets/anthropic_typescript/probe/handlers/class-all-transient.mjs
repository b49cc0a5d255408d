// Catch the classes of connection errors, rate limits and server errors, imported by name. Seen in many apps.

import { APIConnectionError, APIConnectionTimeoutError, InternalServerError, RateLimitError } from "@anthropic-ai/sdk";

const TRANSIENT = [APIConnectionError, APIConnectionTimeoutError, RateLimitError, InternalServerError];

export async function ask(create) {
  try {
    for await (const event of await create()) void event;
  } catch (error) {
    if (TRANSIENT.some((kind) => error instanceof kind)) return "retry";
    throw error;
  }
}
