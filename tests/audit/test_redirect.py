"""The environment of a program: every SDK calls the backend, and no key or proxy of the user is in it."""

from matrix.audit.redirect import REMOVED, fill, redirect
from matrix.backend.variables import VARIABLES
from tests.support.paths import ROOT

URL = "http://127.0.0.1:4711"


def test_every_variable_replaces_that_of_the_user() -> None:
    """Check that nothing of a user's value stays, whatever the case of a removed name."""
    user = {variable.name: "of the user" for variable in VARIABLES} | dict.fromkeys(REMOVED, "of the user")
    user |= {name.lower(): "of the user" for name in REMOVED} | {"HOME": "/home/me"}
    made = redirect(user, URL, "reset", 8000)
    assert [] == [name for name, value in made.items() if value == "of the user"]
    assert ("/home/me", "reset", "8000", URL, f"{URL}/v1", "*") == (
        made["HOME"], made["MIDSTREAM_SCENARIO"], made["PORT"], made["ANTHROPIC_BASE_URL"], made["OPENAI_BASE_URL"],
        made["NO_PROXY"],
    )  # fmt: skip


def test_each_address_is_that_of_the_backend() -> None:
    """A program must reach nothing else."""
    made = redirect({}, URL, "reset", 8000)
    assert [] == [value for value in made.values() if "://" in value and not value.startswith(URL)]
    assert "{" not in "".join(made.values())


def test_the_marks_in_a_command_are_replaced() -> None:
    """Check both, and a text without one."""
    assert f"--base={URL}/v1 -p 8000 x" == fill("--base={url}/v1 -p {port} x", URL, 8000)


def test_the_page_of_the_audit_lists_every_variable() -> None:
    """Check its table."""
    page = (ROOT / "docs" / "auditing.md").read_text(encoding="utf-8")
    rows = [f"| `{variable.name}` | `{variable.value}` | {variable.users} |" for variable in VARIABLES]
    assert [] == [row for row in rows if row not in page]
    assert [] == [name for name in REMOVED if f"`{name}`" not in page]
