// Catch RateLimitError, and an APIError whose status is 529. Seen in many apps.

import Anthropic from "@anthropic-ai/sdk";

export async function ask(create) {
  try {
    for await (const event of await create()) void event;
  } catch (error) {
    if (error instanceof Anthropic.RateLimitError) return "retry";
    if (error instanceof Anthropic.APIError && error.status === 529) return "retry";
    throw error;
  }
}
