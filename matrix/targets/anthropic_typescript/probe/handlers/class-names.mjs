// Compare the name of the class. Seen in many apps.

const NAMES = ["RateLimitError", "InternalServerError", "APIConnectionError", "APIConnectionTimeoutError"];

export async function ask(create) {
  try {
    for await (const event of await create()) void event;
  } catch (error) {
    if (NAMES.includes(error.constructor.name)) return "retry";
    throw error;
  }
}
