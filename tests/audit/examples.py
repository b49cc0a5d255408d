"""The examples of the site's page of the audit: `python -m tests.audit.examples > matrix/site/audit_examples.json`.

Each is a run of a small program, whose source says what it does. It is Linux's: other systems have no subreaper.
"""

import ast
import contextlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from matrix.findings.rules import CANNOT_TELL
from matrix.site.audit_page import AuditExample
from tests.miniature.drive import run_command

FOLDER: Final = Path(__file__).parent

PROGRAMS: Final = {
    "partial-answer-accepted": ("naive", "eof-mid"),
    "text-repeated": ("eager", "mid-then-ok"),
    "program-crashes": ("crashes", "first-overloaded_error"),
    "program-hangs": ("sleeps", "mid-overloaded_error"),
    "no-read-timeout": ("naive", "stall"),
    "success-status": ("passes_status_on", "mid-overloaded_error"),
    "retry-storm": ("storm", "mid-overloaded_error"),
    "transient-not-retried": ("naive", "http-overloaded_error"),
    "permanent-retried": ("eager", "http-authentication_error"),
    "no-backoff": ("eager", "http-overloaded_error"),
    "retry-after-ignored": ("eager", "http-529-retry-after"),
    "connection-left-open": ("leaks", "error-held"),
    "exit-hides-failure": ("talks", "mid-overloaded_error"),
    "cannot-tell": ("patient", "mid-overloaded_error"),
}
"""Rule to the program and the failure that show it."""


def example(rule: str) -> AuditExample:
    """Run the program of a rule against its failure."""
    name, scenario = PROGRAMS[rule]
    is_service = rule == "success-status"
    options = ["--format", "json", "--scenario", scenario]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(FOLDER):
        command = [sys.executable, "-S", "small_program.py", name]
        if is_service:
            body = Path(folder, "request.json")
            body.write_text('{"question": "Hi"}', encoding="utf-8")
            options += ["--url", "http://127.0.0.1:{port}/chat", "--request", str(body)]
            command = [sys.executable, "small_service.py", name, "{port}"]
        done = run_command("audit", *options, "--", *command)
    (subject,) = json.loads(done.out)["subjects"]
    (finding,) = [finding for finding in subject["findings"] if finding["rule"] == rule]
    program = "small_service.py" if is_service else "small_program.py"
    return AuditExample(
        rule=rule,
        level="unknown" if rule == CANNOT_TELL else finding["level"],
        program=_describe(FOLDER / program, name),
        scenario=scenario,
        message=finding["message"],
        evidence=tuple(line.replace(f"{FOLDER}/", "") for line in subject["evidence"]),
    )


def _describe(path: Path, name: str) -> str:
    """Return the sentence that a program says of itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return (ast.get_docstring(functions[name]) or "").splitlines()[0]


if __name__ == "__main__":
    print(msgspec.json.format(msgspec.json.encode([example(rule) for rule in PROGRAMS]), indent=2).decode())
