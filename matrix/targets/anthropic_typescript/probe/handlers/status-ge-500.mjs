// Catch RateLimitError, APIConnectionError, and an APIError whose status is 500 or more. Seen in many apps.

import Anthropic from "@anthropic-ai/sdk";

export async function ask(create) {
  try {
    for await (const event of await create()) void event;
  } catch (error) {
    if (error instanceof Anthropic.RateLimitError || error instanceof Anthropic.APIConnectionError) return "retry";
    if (error instanceof Anthropic.APIError && error.status >= 500) return "retry";
    throw error;
  }
}
