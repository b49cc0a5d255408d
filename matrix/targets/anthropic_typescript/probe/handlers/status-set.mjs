// Compare the status of any error with a set. Seen in many apps.

const RETRYABLE = new Set([408, 409, 429, 500, 502, 503, 504, 529]);

export async function ask(create) {
  try {
    for await (const event of await create()) void event;
  } catch (error) {
    if (RETRYABLE.has(error?.status)) return "retry";
    throw error;
  }
}
