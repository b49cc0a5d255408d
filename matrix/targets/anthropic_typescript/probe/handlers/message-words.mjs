// Search the message for the words and codes of a busy server. Seen in many apps.

const WORDS = ["overloaded", "529", "rate_limit", "429"];

export async function ask(create) {
  try {
    for await (const event of await create()) void event;
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).toLowerCase();
    if (WORDS.some((word) => message.includes(word))) return "retry";
    throw error;
  }
}
