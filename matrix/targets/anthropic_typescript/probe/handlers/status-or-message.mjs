// Compare the status, and search the message of an error without one. Seen in KartikeShukla/swiggy-mcp-demo.

const RETRYABLE = new Set([429, 500, 502, 503, 504, 529]);

export async function ask(create) {
  try {
    for await (const event of await create()) void event;
  } catch (error) {
    if (RETRYABLE.has(error?.status)) return "retry";
    if (/overload|rate.?limit|temporarily unavailable|internal server error|timeout/i.test(error?.message)) return "retry";
    throw error;
  }
}
