// Take an APIError without a status for a failure of the server, as one with 429 or from 500 up. Seen in many apps.

import Anthropic from "@anthropic-ai/sdk";

export async function ask(create) {
  try {
    for await (const event of await create()) void event;
  } catch (error) {
    if (error instanceof Anthropic.RateLimitError) return "retry";
    if (error instanceof Anthropic.APIError && (error.status === undefined || error.status >= 500)) return "retry";
    throw error;
  }
}
