/** What a call delivers to its caller: events, text, a stop reason and a final message. */

import { className } from "./facets.mjs";

export class Delivered {
  /** Every event, in order. */
  events = [];
  /** Whether the call returned a stream of events. */
  began = false;
  /** All text, joined. */
  text = "";
  /** The last stop reason. */
  stopReason = null;
  /** The final message of the helper after its stream has ended; null for other calls. */
  final = null;

  /** Take all events of a stream. */
  async take(stream) {
    this.began = true;
    for await (const event of stream) this.event(event);
  }

  /** Add an event: its text, and its stop reason if it has one. */
  event(event) {
    this.events.push(event);
    if (typeof event?.completion === "string") {
      this.text += event.completion;
      this.stopReason = event.stop_reason ?? null;
    } else if (event?.type === "content_block_delta") {
      if (typeof event.delta?.text === "string") this.text += event.delta.text;
    } else if (event?.type === "message_delta") {
      this.stopReason = event.delta?.stop_reason ?? null;
    }
  }

  /** Add an event of the client before 0.5, which has the text so far. */
  snapshot(event) {
    if (typeof event?.completion === "string") this.text = "";
    this.event(event);
  }

  /** Set the text and the stop reason to those of a whole message. */
  message(message) {
    this.text = textOf(message);
    this.stopReason = message.stop_reason ?? null;
  }

  /** Record the final message of the helper, or what the helper throws instead. */
  async finish(finalMessage) {
    try {
      const message = await finalMessage();
      this.final = { text: textOf(message), stop_reason: message.stop_reason ?? null };
    } catch (error) {
      this.final = { raised: className(error) };
    }
  }

  /** Return the delivery as plain data. */
  facets() {
    const kinds = this.events.map((event) => (typeof event?.type === "string" ? event.type : className(event)));
    return { events: kinds, text: this.text, stop_reason: this.stopReason };
  }
}

function textOf(message) {
  return message.content.map(({ text }) => (typeof text === "string" ? text : "")).join("");
}
