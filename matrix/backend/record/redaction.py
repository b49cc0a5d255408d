"""Replace texts and ids in a recorded body, byte for byte, so that it keeps its length and its form. Pure.

Lists say what stays, and everything else is replaced, so that a new field of an API reveals nothing. What stays are
the names of events and fields, numbers, and words of the protocol such as `"type": "text_delta"`. A text becomes
`x`s; a letter of several bytes becomes one of as many bytes, so that a chunk that ends within it still does.
Fragments of the JSON of a tool call stay JSON. An id is replaced by the same new id wherever it stands. A body is
redacted as a whole, and divided into its chunks afterwards, so that a text that stands in two of them is found.
"""

import re
from typing import Final

_WORDS: Final = frozenset(
    {
        "type",
        "role",
        "object",
        "stop_reason",
        "finish_reason",
        "finishReason",
        "done_reason",
        "status",
        "code",
        "error_code",
        "reason",
        "service_tier",
    }
)
"""Fields with a word of the protocol, which is kept if it looks like one."""

_FREE: Final = frozenset(
    {"input", "arguments", "args", "metadata", "parsed", "parameters", "properties", "schema", "logit_bias", "user"}
)
"""Fields with values whose own fields people name."""

_FRAGMENTS: Final = frozenset({"partial_json", "arguments"})
"""Fields with a piece of JSON as a text."""

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,63}")
_FIELD = re.compile(r"[A-Za-z_$][A-Za-z0-9_.$\-]{0,63}")
_PREFIX = re.compile(r"[a-z]{2,12}[_-]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|[{}\[\]]|[^"{}\[\]]+', re.DOTALL)
_BARE_WORD = re.compile(r"[^\s,:]+")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_COLON = re.compile(r"\s*:")
_ESCAPED = re.compile(r"\\u[0-9A-Fa-f]{4}|\\.|.", re.DOTALL)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_HEAD_LINE = re.compile(r"HTTP/[0-9]\.[0-9] [0-9]{3}|[A-Za-z-]{1,40}:")
_SSE_FIELD = re.compile(r"(\ufeff?(?:event|data|id|retry):[ ]?)(.*)", re.DOTALL)
_UNESCAPED: Final = {r"\"": '"', r"\\": "\\", r"\n": "\n", r"\r": "\r", r"\t": "\t"}
_LITERALS: Final = ("true", "false", "null")
_LINE_ENDS: Final = "\u2028\u2029\x85"
"""Letters that some readers take for line ends; they are kept, since they may be the fault."""

_FILLERS: Final = {1: "x", 2: "\u00d7", 3: "\u2715", 4: "\U0001d569"}
"""The number of bytes of a letter in UTF-8 to the letter that replaces it."""

_BAD_BYTE: Final = "\udcff"
"""The byte that replaces one that is no UTF-8, and is none either."""


class Redactor:
    """The rules for one recording, with the ids that it has met.

    Args:
        keep_text: Whether texts stay; ids and secrets are replaced in any case.
    """

    SHORTEST_SECRET: Final = 8
    """The fewest bytes of a secret; a shorter value stands in other words by chance, and `Bearer` has six."""

    def __init__(self, *, keep_text: bool = False) -> None:
        self.keep_text = keep_text
        self._secrets: set[bytes] = set()
        self._ids: dict[str, str] = {}
        self._pieces: dict[tuple[str, ...], _Pieces] = {}

    def add_secret(self, value: bytes) -> None:
        """Replace a value wherever it stands; of `Bearer KEY` and of cookies, also each part alone."""
        parts = re.split(rb"[\s;,=]+", value)
        self._secrets |= {part for part in (value, *parts) if len(part) >= self.SHORTEST_SECRET}

    def redact(self, body: bytes) -> bytes:
        """Return a body of the same length without texts, ids and secrets."""
        self._pieces.clear()
        text = self.remove_secrets(body).decode(errors="surrogateescape")
        if re.match(r"\s*[\[{]", text):
            redacted = self._json(text, "")
        else:
            redacted = "".join(map(self._line, _LINE.findall(text)))
        return self.remove_secrets(redacted.encode(errors="surrogateescape"))

    def redact_head(self, data: bytes) -> bytes:
        """Return an incomplete or broken head of the same length, without the values of its headers."""
        lines = []
        for line in _LINE.findall(data.decode("latin-1")):
            content = line.rstrip("\r\n")
            name = begin[0] if (begin := _HEAD_LINE.match(content)) else ""
            filled = "".join("x" if each.isalnum() or not each.isascii() else each for each in content[len(name) :])
            lines.append(name + filled + line[len(content) :])
        return "".join(lines).encode("latin-1")

    def remove_secrets(self, data: bytes) -> bytes:
        """Replace secrets in bytes that are kept otherwise."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            data = data.replace(secret, b"x" * len(secret))
        return data

    def _line(self, line: str) -> str:
        """Redact one line of a stream of events, or of any other text."""
        content = line.rstrip("\r\n")
        end = line[len(content) :]
        field = _SSE_FIELD.fullmatch(content)
        if field is None:
            return self._prose(content) + end
        name, value = field[1], field[2]
        if "data" in name:
            return name + self._data(value) + end
        is_kept = ("event" in name and _WORD.fullmatch(value)) or ("retry" in name and value.isdigit())
        return name + (value if is_kept else self._prose(value)) + end

    def _data(self, value: str) -> str:
        if value.strip() == "[DONE]":
            return value
        if value.lstrip()[:1] in ("{", "[", '"', "}", "]"):
            return self._json(value, value)
        return self._prose(value)

    def _prose(self, text: str) -> str:
        """Replace letters and digits; marks and spaces stay, since they may be the form of a page or of a framing."""
        if self.keep_text:
            return text
        return "".join(_fill(each) if each.isalnum() or not each.isascii() else each for each in text)

    def _json(self, text: str, event: str) -> str:
        return "".join(_JsonRedaction(self, event).tokens(text))

    def piece(self, content: str, place: tuple[str, ...]) -> str:
        """Redact a piece of the JSON at a place, such as the input of the second tool call."""
        return self._pieces.setdefault(place, _Pieces()).redact(content)

    def id_for(self, id_: str) -> str:
        """Return the id that replaces a recorded one, of the same length."""
        if not id_.isascii() or not id_:
            return "".join(map(_fill, id_))
        if id_ not in self._ids:
            prefix = begin[0] if (begin := _PREFIX.match(id_)) else ""
            width = len(id_) - len(prefix)
            number = str(len(self._ids) + 1).zfill(width)[-width:] if width else ""
            self._ids[id_] = prefix + number
        return self._ids[id_]


class _JsonRedaction:
    """The redaction of one JSON text, which may be cut short.

    Args:
        redactor: The rules.
        event: The data of the event, which says whether its `delta` is a piece of JSON; empty if there is none.
    """

    def __init__(self, redactor: Redactor, event: str) -> None:
        self._redactor = redactor
        self._keys: list[str] = [""]
        self._free = 0
        self._place: tuple[str, ...] = ()
        kind = re.search(r'"type"\s*:\s*"([^"]*)"', event)
        self._fragments = _FRAGMENTS | ({"delta"} if kind and re.search("arguments|input", kind[1]) else set())

    def tokens(self, text: str) -> list[str]:
        """Return the parts of the text, redacted."""
        return [
            self._part(token[0], is_key=_COLON.match(text, token.end()) is not None) for token in _TOKEN.finditer(text)
        ]

    def _part(self, part: str, *, is_key: bool) -> str:
        if part in ("{", "["):
            self._free += self._free > 0 or self._keys[-1] in _FREE
            self._keys.append("" if part == "{" else self._keys[-1])
            return part
        if part in ("}", "]"):
            if len(self._keys) > 1:
                self._keys.pop()
                self._free -= self._free > 0
            return part
        if not part.startswith('"'):
            return self._bare(part)
        end = '"' if len(part) > 1 and part.endswith('"') else ""
        content = part[1:-1] if end else part[1:]
        return f'"{self._string(content, is_key=is_key)}{end}'

    def _bare(self, token: str) -> str:
        """Keep punctuation, numbers and literals; within the fields of people, replace the digits too."""
        if self._keys[-1].endswith("index") and not self._free:
            self._place += tuple(re.findall("[0-9]+", token))
        return token if self._redactor.keep_text else _BARE_WORD.sub(self._bare_word, token)

    def _bare_word(self, word: re.Match[str]) -> str:
        if word[0] in _LITERALS:
            return word[0]
        if _NUMBER.fullmatch(word[0]):
            return re.sub("[0-9]", "1", word[0]) if self._free else word[0]
        return _fill_all(word[0])

    def _string(self, content: str, *, is_key: bool) -> str:
        keep_text = self._redactor.keep_text
        if is_key:
            self._keys[-1] = content
            is_kept = keep_text or (not self._free and _FIELD.fullmatch(content))
            return content if is_kept else _fill_all(content)
        key = self._keys[-1]
        if not self._free:
            if key in _WORDS and _WORD.fullmatch(content):
                return content
            if (key == "id" or key.endswith(("_id", "Id"))) and "\\" not in content:
                return self._redactor.id_for(content)
        if keep_text:
            return content
        return self._redactor.piece(content, self._place) if key in self._fragments else _fill_all(content)


class _Pieces:
    """The JSON of one tool call, which arrives in pieces that may end anywhere."""

    def __init__(self) -> None:
        self._in_text = False
        self._is_escaped = False
        self._word = ""

    def redact(self, content: str) -> str:
        """Redact the next piece, as it stands in a JSON text, so that all pieces together stay JSON."""
        return "".join(self._part(part[0]) for part in _ESCAPED.finditer(content))

    def _part(self, part: str) -> str:
        character = _UNESCAPED.get(part, part)
        if self._is_escaped:
            self._is_escaped = False
            return _fill_all(part)
        if character == '"':
            self._in_text = not self._in_text
            self._word = ""
            return part
        if self._in_text:
            self._is_escaped = character == "\\"
            return _fill_all(part)
        return self._bare(part, character)

    def _bare(self, part: str, character: str) -> str:
        """Keep marks, spaces and literals; a digit becomes a 1."""
        if character in "{}[]:,+-. \n\r\t":
            self._word = ""
            return part
        if character.isascii() and character.isdigit():
            self._word = "1"
            return "1"
        if self._word == "1" and character in "eE":
            return part
        self._word = self._word + character if self._word.isalpha() else character
        return part if any(each.startswith(self._word) for each in _LITERALS) else _fill_all(part)


def _fill_all(content: str) -> str:
    return "".join(map(_fill, content))


def _fill(character: str) -> str:
    """Return the letter that replaces a character; it has as many bytes."""
    if character in _LINE_ENDS:
        return character
    return _BAD_BYTE if _is_bad(character) else _FILLERS[len(character.encode())]


def _is_bad(character: str) -> bool:
    return "\udc80" <= character <= "\udcff"
