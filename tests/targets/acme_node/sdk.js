// The Acme SDK for Node: the entry of the archives of the miniature. Node's own library only.

const http = require("node:http");
const readline = require("node:readline");

class AcmeBase extends Error {}
class AcmeError extends AcmeBase {}
class AcmeConnectionError extends AcmeError {}
class AcmeTimeout extends AcmeConnectionError {}
class AcmeStatusError extends AcmeError {
  constructor(status, body) {
    super(body.error.message);
    this.status = status;
    this.type = body.error.type;
    this.body = body;
  }
}
class BadInputError extends AcmeStatusError {}
class BusyError extends AcmeStatusError {}

class Client {
  constructor(url) {
    this.url = url;
  }

  static errorOf(status, body) {
    return new ({ 422: BadInputError, 503: BusyError }[status] ?? AcmeStatusError)(status, body);
  }

  errorInStream(body) {
    return Client.errorOf(200, body);
  }

  async *chat() {
    const response = await new Promise((resolve, reject) => {
      http.request(`${this.url}/v2/chat`, { method: "POST" }, resolve).on("error", reject).end("{}");
    });
    const lines = readline.createInterface({ input: response });
    if (response.statusCode !== 200) {
      for await (const line of lines) throw Client.errorOf(response.statusCode, JSON.parse(line));
    }
    for await (const line of lines) {
      if (!line.startsWith("data: ")) continue;
      const event = JSON.parse(line.slice(6));
      if (event.type !== "error") {
        yield event;
        continue;
      }
      const error = this.errorInStream(event);
      if (error) throw error;
      return;
    }
  }
}

module.exports = {
  AcmeBase, AcmeError, AcmeConnectionError, AcmeTimeout, AcmeStatusError, BadInputError, BusyError, Client,
};
