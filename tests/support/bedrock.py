"""A server that answers as Amazon Bedrock does: frames of AWS's event stream, and errors of AWS. Standard library only.

It is written from the descriptions of AWS alone, so that it can be copied into a project that has a real release. The
model of a request names the answer: `clean`, `cut`, `chunk` (an error event inside a chunk), `damaged` (a wrong
checksum), `frame.TYPE` and `first.TYPE` (an exception frame after some text, or before it), `http.TYPE.STATUS`. An
answer `ok-after.NUMBER.ANSWER` is given that many times before a complete one.
"""

import base64
import json
import struct
import threading
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

USAGE: dict[str, object] = {"input_tokens": 1, "output_tokens": 1}
MESSAGE: dict[str, object] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [],
    "stop_reason": None,
}
HALF: list[dict[str, object]] = [
    {"type": "message_start", "message": {**MESSAGE, "stop_sequence": None, "usage": USAGE}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
]
REST: list[dict[str, object]] = [
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " world"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": USAGE},
    {"type": "message_stop"},
]
ERROR: dict[str, object] = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


def frame(headers: dict[str, str], payload: dict[str, object]) -> bytes:
    """Write a frame: lengths and their checksum, headers of text, payload, and the checksum of all of it."""
    head = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value.encode())) + value.encode()
        for name, value in headers.items()
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(head) + len(body), len(head))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + body
    return message + struct.pack(">I", zlib.crc32(message))


def chunk(event: dict[str, object]) -> bytes:
    """Write a frame with an event of the API."""
    headers = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, {"bytes": base64.b64encode(json.dumps(event).encode()).decode()})


def exception(kind: str) -> bytes:
    """Write an exception frame."""
    headers = {":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}
    return frame(headers, {"message": "Some words"})


def body_of(answer: str) -> bytes:
    """Write the body of a stream."""
    half, rest = b"".join(map(chunk, HALF)), b"".join(map(chunk, REST))
    name, _, kind = answer.partition(".")
    return {
        "clean": half + rest,
        "cut": half,
        "chunk": half + chunk(ERROR),
        "damaged": half + chunk(ERROR)[:-1] + b"?",
        "frame": half + exception(kind),
        "first": exception(kind),
    }[name]


class _Bedrock(BaseHTTPRequestHandler):
    """The answers to the requests of one client."""

    protocol_version = "HTTP/1.1"
    requests: Counter[str]

    def log_message(self, *_arguments: object) -> None:
        """Print nothing."""

    def do_POST(self) -> None:
        """Answer a call of InvokeModelWithResponseStream."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        model = unquote(self.path).split("/model/")[1].split("/")[0]
        self.requests[model] += 1
        answer = model
        if model.startswith("ok-after."):
            times, answer = model.removeprefix("ok-after.").split(".", 1)
            answer = answer if self.requests[model] <= int(times) else "clean"
        if answer.startswith("http."):
            _, kind, status = answer.split(".")
            self._answer(int(status), "application/json", json.dumps({"message": "Some words"}).encode(), kind)
        else:
            self._answer(200, "application/vnd.amazon.eventstream", body_of(answer))

    def _answer(self, status: int, content_type: str, body: bytes, kind: str = "") -> None:
        headers = {"content-type": content_type, "content-length": str(len(body)), "x-amzn-requestid": "amzn_1"}
        self.send_response(status)
        for name, value in {**headers, **({"x-amzn-errortype": kind} if kind else {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serve() -> Iterator[tuple[str, Counter[str]]]:
    """Serve on loopback; yield the base URL, and the number of requests for each model."""
    requests: Counter[str] = Counter()
    handler = type("Handler", (_Bedrock,), {"requests": requests})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", requests
        finally:
            server.shutdown()
            thread.join()
