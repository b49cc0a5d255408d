// Catch InternalServerError and RateLimitError. Seen in many apps.

import Anthropic from "@anthropic-ai/sdk";

export async function ask(create) {
  try {
    for await (const event of await create()) void event;
  } catch (error) {
    if (error instanceof Anthropic.RateLimitError || error instanceof Anthropic.InternalServerError) return "retry";
    throw error;
  }
}
