// Catch APIConnectionError, and the TypeError that fetch throws. Seen in a few apps.

import Anthropic from "@anthropic-ai/sdk";

export async function ask(create) {
  try {
    for await (const event of await create()) void event;
  } catch (error) {
    if (error instanceof Anthropic.APIConnectionError || error instanceof TypeError) return "retry";
    throw error;
  }
}
