"""The control of the target `google-genai`: the patch, and that a run without its effect is refused."""

import asyncio
import copy
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from matrix.catalogue.steps import Scenario
from matrix.harness.patching import patch_sdk
from matrix.harness.uv import site_packages
from matrix.observation import Raised
from matrix.targets import GOOGLE_GENAI
from tests.support.controls import check_control
from tests.support.probe_modules import load
from tests.targets.google_genai import releases


def patched(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Patch the errors of a made-up release with the source of the control, and return their base class."""
    kind = type("APIError", (Exception,), dict(vars(releases.APIError)))
    made = releases.modules()
    errors = made["google__genai__errors"]
    assert errors is not None
    errors.__dict__["APIError"] = kind
    for name, module in made.items():
        monkeypatch.setitem(sys.modules, name.replace("__", "."), module)
    source = load(GOOGLE_GENAI.patch)
    source.DOCUMENTED_STATUS.update(GOOGLE_GENAI.statuses)
    source.patch({})
    return kind


@pytest.mark.parametrize(
    ("code", "details", "expected"),
    [
        pytest.param(200, {"error": {"status": "UNAVAILABLE"}}, 503, id="by its name"),
        pytest.param(500, {"error": {"status": "RESOURCE_EXHAUSTED"}}, 429, id="not by its code"),
        pytest.param(409, {"error": {"status": "ABORTED"}}, 409, id="a name without a documented status"),
        pytest.param(502, {"error": {}}, 502, id="no name"),
        pytest.param(502, {"message": "Bad Gateway"}, 502, id="no object of an error"),
    ],
)
def test_the_patch_maps_an_error_by_its_name(
    monkeypatch: pytest.MonkeyPatch, code: int, details: Any, expected: int
) -> None:
    """Sync and async calls have a function each; everything else is left to the release."""
    kind = patched(monkeypatch)
    with pytest.raises(releases.APIError) as raised:
        kind.raise_error(code, copy.copy(details), None)
    assert expected == raised.value.code
    with pytest.raises(releases.APIError) as raised:
        asyncio.run(kind.raise_error_async(code, copy.copy(details), None))
    assert expected == raised.value.code


def test_a_release_without_these_functions_is_no_control(monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure names what is missing."""
    made = releases.modules()
    errors = made["google__genai__errors"]
    assert errors is not None
    errors.__dict__["APIError"] = Exception
    for name, module in made.items():
        monkeypatch.setitem(sys.modules, name.replace("__", "."), module)
    with pytest.raises(AttributeError, match="raise_error"):
        load(GOOGLE_GENAI.patch).patch({})


def test_the_patch_is_put_into_the_package_in_a_package(tmp_path: Path) -> None:
    """The SDK is `google.genai`, and `google` belongs to several distributions."""
    library = tmp_path / "lib" / "python3.11" / "site-packages"
    package = library / "google" / "genai"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from . import errors\n")
    assert library == site_packages(tmp_path)
    patch_sdk(GOOGLE_GENAI, tmp_path)
    assert (package / "__init__.py").read_text().endswith("_midstream_patch.patch(globals())\n")
    assert '"UNAVAILABLE": 503' in (package / "_midstream_patch.py").read_text()


def fail(scenario: Scenario, is_right: bool) -> Raised:
    """Make the exception of a release with the documented statuses, or of one that says 200 inside a stream."""
    ideal: Any = scenario.ideal
    status = ideal.status if is_right else 200
    return Raised(
        name=f"google.genai.errors.{'ClientError' if status < 500 else 'ServerError'}",
        bases=("google.genai.errors.APIError",),
        exported=False,
        attributes={"status_code": status, "status": ideal.error_type},
        text=json.dumps({"error": ideal.error_type}),
    )


@pytest.mark.parametrize("is_patched", [True, False])
def test_a_run_whose_patched_sdk_gives_no_documented_status_is_refused(is_patched: bool) -> None:
    """So a harness that could not recognise a right answer would record nothing."""
    check_control(GOOGLE_GENAI, fail, is_patched=is_patched, stop_reason="STOP")
