// Compare the attribute type of an APIError, which newer releases have. Seen in many apps.

import Anthropic from "@anthropic-ai/sdk";

const TRANSIENT = new Set(["overloaded_error", "rate_limit_error", "api_error", "timeout_error"]);

export async function ask(create) {
  try {
    for await (const event of await create()) void event;
  } catch (error) {
    if (error instanceof Anthropic.APIConnectionError) return "retry";
    if (error instanceof Anthropic.APIError && TRANSIENT.has(error.type)) return "retry";
    throw error;
  }
}
