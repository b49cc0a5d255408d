// Search the message of the error that the callback onError gets for the words of a busy server. Seen in many apps.

const WORDS = ["overloaded", "529", "rate limit", "429"];

export async function ask(create) {
  let failure = null;
  try {
    for await (const part of await create({ onError: ({ error }) => (failure = error) })) void part;
  } catch (error) {
    failure = error;
  }
  const message = String(failure?.message ?? failure).toLowerCase();
  if (WORDS.some((word) => message.includes(word))) return "retry";
  if (failure !== null) throw failure;
}
