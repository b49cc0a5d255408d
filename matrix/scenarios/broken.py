"""Streams that stop without saying so: cut short by a clean end (truncation), or by the connection (transport)."""

from matrix.scenarios.steps import (
    Barrier,
    Family,
    Finish,
    Head,
    Pause,
    Prelude,
    RaisesAnything,
    RaisesConnection,
    Reset,
    Scenario,
)

_READ_TIME = 0.02
"""Seconds between the last delivered byte and the reset. A reset may throw away what the peer's kernel has and its
program has not read; the slowest read seen on a loaded two-core machine was 4 ms."""

EOF_MID = Scenario(
    id="eof-mid",
    family=Family.TRUNCATION,
    title="The response ends, legally for HTTP, after some text and without message_stop.",
    steps=(Head(), Prelude(), Finish()),
    ideal=RaisesAnything(),
    text_delivered=True,
    retry=True,
    sources=("https://github.com/anthropics/anthropic-sdk-python/issues/1470",),
)

RESET = Scenario(
    id="reset",
    family=Family.TRANSPORT,
    title="The connection is reset after some text.",
    steps=(Head(), Prelude(), Barrier(), Pause(_READ_TIME), Reset()),
    ideal=RaisesConnection(),
    text_delivered=True,
    retry=True,
    sources=("https://github.com/anthropics/anthropic-sdk-python/issues/1919",),
)
