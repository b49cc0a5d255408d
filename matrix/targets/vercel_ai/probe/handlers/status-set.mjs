// Compare the status of any exception with a set. Seen in many apps.

const RETRYABLE = new Set([408, 409, 429, 500, 502, 503, 504, 529]);

export async function ask(create) {
  try {
    for await (const part of await create()) void part;
  } catch (error) {
    if (RETRYABLE.has(error?.statusCode)) return "retry";
    throw error;
  }
}
