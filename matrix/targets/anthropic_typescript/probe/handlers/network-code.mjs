// Compare the status, or else the system's code of the error or of its cause. Seen in many apps.

const STATUSES = new Set([408, 409, 429, 500, 502, 503, 504, 529]);
const CODES = new Set(["ECONNRESET", "ETIMEDOUT", "EPIPE", "UND_ERR_SOCKET"]);

export async function ask(create) {
  try {
    for await (const event of await create()) void event;
  } catch (error) {
    const code = error?.code ?? error?.cause?.code;
    if (STATUSES.has(error?.status) || CODES.has(code)) return "retry";
    throw error;
  }
}
