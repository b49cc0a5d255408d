"""Controls of the OpenAI API: scenarios whose results must be right before any other result of a run is trusted."""

from typing import Final

import msgspec

from matrix.catalogue import control
from matrix.catalogue.dialect import OF_OPENAI
from matrix.catalogue.error_titles import title_error
from matrix.catalogue.openai import sources
from matrix.catalogue.openai.errors import ERRORS, error_body
from matrix.catalogue.steps import Family, RaisesStatus, Respond, Scenario, Text

CLEAN: Final = msgspec.structs.replace(control.CLEAN, only=OF_OPENAI)
UNKNOWN: Final = msgspec.structs.replace(control.UNKNOWN, only=OF_OPENAI)

HTTP_ERRORS: Final = tuple(
    Scenario(
        id=f"http-{name}",
        family=Family.CONTROL,
        title=f"{title_error(name, error.status)} as a plain HTTP {error.status} response, without a stream.",
        steps=(Respond(error.status, error_body(name)),),
        ideal=RaisesStatus(name, error.status),
        text=Text.NONE,
        retry=error.retry,
        only=OF_OPENAI,
        sources=(sources.ERROR_PAGE, sources.SDK_ERRORS),
    )
    for name, error in ERRORS.items()
)
