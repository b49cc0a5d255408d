"""A service that calls the backend for each of its requests: `python small_service.py NAME PORT`."""

import http.client
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from small_program import Failed, connect, texts

OPEN = []


class Service(BaseHTTPRequestHandler):
    """Answers as the first argument says."""

    def do_POST(self):
        """Ask the backend, and answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        getattr(self, sys.argv[1])()

    def right(self):
        """Answer 502 to a failure."""
        try:
            self.answer(200, {"text": "".join(texts(timeout=2, whole=3))})
        except (Failed, OSError, http.client.HTTPException) as error:
            self.answer(502, {"error": str(error)})

    def passes_status_on(self):
        """Answer with the status of the stream."""
        try:
            self.answer(200, {"text": "".join(texts(timeout=2))})
        except (Failed, OSError, http.client.HTTPException) as error:
            self.answer(200, {"error": f"the stream failed: {error}"})

    def partial(self):
        """Answer with the part of the text that came."""
        parts = []
        try:
            for text in texts(timeout=2):
                parts.append(text)
        except (Failed, OSError, http.client.HTTPException):
            pass
        self.answer(200, {"text": "".join(parts)})

    def leaks(self):
        """Answer 502, and keep the connection of the failed stream."""
        connection, response = connect(timeout=2)
        OPEN.append((connection, response))
        lines = []
        try:
            for line in response:
                lines.append(line)
        except OSError:
            pass
        whole = b"message_stop" in b"".join(lines)
        self.answer(200 if whole else 502, {"text": "Hello world"} if whole else {"error": "failed"})

    def answer(self, status, document):
        """Send an answer."""
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Service).serve_forever()
