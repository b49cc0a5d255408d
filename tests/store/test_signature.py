"""`matrix verify --signed`: who published the data. Every signature is of a Sigstore of our own, without network."""

import dataclasses
import datetime as dt
import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from matrix.errors import SignatureRefused, StoreCorrupt, ToolFailure, UsageError
from matrix.harness.upkeep import update_judgements
from matrix.store import root, signature
from matrix.store.documents import RELEASES
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.miniature.drive import run_command
from tests.store.test_store import fill
from tests.support.signing import REPOSITORY, SIGNED, Signer, Sigstore, statement

SIGSTORE: Final = Sigstore()
ROOT: Final = b'{"schema": "midstream/root/1",\n"digest": "1"}\n'
"""A root digest for the tests that do not read the documents."""

Json = dict[str, Any]


@pytest.fixture
def trust_root(tmp_path: Path) -> Path:
    """Write the trust root of our Sigstore."""
    file = tmp_path / "trusted_root.json"
    file.write_text(json.dumps(SIGSTORE.trust_root()), encoding="utf-8")
    return file


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Make a folder with a root digest, and its signature."""
    folder = tmp_path / "anthropic"
    folder.mkdir()
    (folder / root.ROOT).write_bytes(ROOT)
    sign(folder)
    return folder


def sign(folder: Path, bundle: Json | None = None) -> None:
    """Write a bundle next to the data; that of the workflow if there is none."""
    bundle = bundle or SIGSTORE.sign(statement((folder / root.ROOT).read_bytes()), Signer())
    signature.path(folder).write_text(json.dumps(bundle) + "\n", encoding="utf-8")


def refused(data: Path, trust_root: Path, repository: str = REPOSITORY) -> str:
    """Return why the signature of the data is refused."""
    with pytest.raises(SignatureRefused) as refusal:
        signature.verify(data, repository, trust_root)
    assert refusal.value.hint
    return str(refusal.value)


def test_a_signature_of_the_workflow_on_main_is_accepted(data: Path, trust_root: Path) -> None:
    """The time is that of the certificate."""
    assert SIGNED == signature.verify(data, REPOSITORY, trust_root)


def test_a_signature_of_several_targets_counts_for_each(data: Path, trust_root: Path) -> None:
    """The workflow signs the data of all targets at once."""
    subject = [{"digest": {"sha256": hashlib.sha256(content).hexdigest()}} for content in (b"of another target", ROOT)]
    sign(data, SIGSTORE.sign(statement(ROOT, subject=subject), Signer()))
    assert SIGNED == signature.verify(data, REPOSITORY, trust_root)


def test_a_folder_without_a_root_digest_is_not_signed(data: Path, trust_root: Path) -> None:
    """It has no documents, or a run was interrupted."""
    (data / root.ROOT).unlink()
    assert f"The data is not signed: {data / root.ROOT} does not exist." == refused(data, trust_root)


def test_another_root_digest_is_refused(data: Path, trust_root: Path) -> None:
    """The signature covers every byte of the root digest."""
    (data / root.ROOT).write_bytes(ROOT.replace(b"1", b"2"))
    assert "does not sign this root digest: it signs the SHA-256 " in refused(data, trust_root)


SIGNERS: Final = {
    "another repository": (
        {"repository": "example/copy"},
        "https://github.com/example/copy/.github/workflows/matrix.yml@refs/heads/main",
    ),
    "a repository with a longer name": ({"repository": f"{REPOSITORY}-2"}, f"/{REPOSITORY}-2/.github/"),
    "another workflow": ({"workflow": ".github/workflows/ci.yml"}, f"/{REPOSITORY}/.github/workflows/ci.yml@refs/"),
    "another branch": ({"ref": "refs/heads/evil"}, "/.github/workflows/matrix.yml@refs/heads/evil"),
    "a pull request": ({"ref": "refs/pull/1/merge"}, "/.github/workflows/matrix.yml@refs/pull/1/merge"),
    "a tag": ({"ref": "refs/tags/main"}, "/.github/workflows/matrix.yml@refs/tags/main"),
    "another issuer": (
        {"issuer": "https://accounts.example.org"},
        "OIDCIssuer does not match (got 'https://accounts.example.org'",
    ),
    "a run of another repository": (
        {"caller": "example/caller"},
        "OIDCSourceRepositoryURI does not match (got https://github.com/example/caller",
    ),
    "a run on another branch": (
        {"run": "refs/heads/evil"},
        "OIDCSourceRepositoryRef does not match (got refs/heads/evil",
    ),
}


@pytest.mark.parametrize(("fields", "named"), SIGNERS.values(), ids=SIGNERS)
def test_another_signer_is_refused_and_named(data: Path, trust_root: Path, fields: Json, named: str) -> None:
    """Everything else about the signature is right."""
    sign(data, SIGSTORE.sign(statement(ROOT), dataclasses.replace(Signer(), **fields)))
    message = refused(data, trust_root)
    assert "has another signer: " in message
    assert named in message


def test_a_signature_counts_for_the_named_repository_only(data: Path, trust_root: Path) -> None:
    """The program knows no repository of its own."""
    assert "has another signer: " in refused(data, trust_root, "example/other")


@pytest.mark.parametrize("delay", [dt.timedelta(minutes=11), -dt.timedelta(minutes=1)], ids=["late", "early"])
def test_a_signature_outside_the_life_of_its_certificate_is_refused(
    data: Path, trust_root: Path, delay: dt.timedelta
) -> None:
    """A certificate lives ten minutes; the log says when the signature was there."""
    sign(data, SIGSTORE.sign(statement(ROOT), Signer(delay=delay)))
    assert "proves nothing: failed to build timestamp certificate chain" in refused(data, trust_root)
    assert "not valid at validation time" in refused(data, trust_root)


PAYLOADS: Final[dict[str, tuple[Json, str]]] = {
    "another payload type": ({"payload_type": "text/plain"}, "signs a payload of the type 'text/plain'"),
    "another file": ({"payload": statement(b"another file")}, "does not sign this root digest"),
    "no file": ({"payload": statement(ROOT, subject=[])}, "it signs the SHA-256 of no file"),
    "a digest of another kind": (
        {"payload": statement(ROOT, subject=[{"digest": {"sha512": "0"}}])},
        "does not sign this root digest",
    ),
    "another schema": ({"payload": statement(ROOT, _type="https://in-toto.io/Statement/v9")}, "Statement/v9"),
    "another statement": ({"payload": statement(ROOT, predicateType="https://example.org/bad")}, "example.org/bad"),
    "no JSON": ({"payload": b"{"}, "signs no in-toto statement"),
    "no text": ({"payload": b'"\xff"'}, "signs no in-toto statement"),
    "no statement": ({"payload": b"[]"}, "signs no in-toto statement"),
}


@pytest.mark.parametrize(("changed", "reason"), PAYLOADS.values(), ids=PAYLOADS)
def test_another_payload_is_refused(data: Path, trust_root: Path, changed: Json, reason: str) -> None:
    """The workflow of the repository signed it, but it is not the provenance of the root digest."""
    payload, payload_type = changed.get("payload", statement(ROOT)), changed.get("payload_type", signature.PAYLOAD)
    sign(data, SIGSTORE.sign(payload, Signer(), payload_type))
    assert reason in refused(data, trust_root)


MATERIAL: Final = "verificationMaterial"
ENTRY: Final = f"{MATERIAL}.tlogEntries.0"
PROOF: Final = f"{ENTRY}.inclusionProof"

FORGERIES: Final = {
    "another payload": (("dsseEnvelope.payload",), "DSSE: invalid signature"),
    "another signature": (("dsseEnvelope.signatures",), "DSSE: invalid signature"),
    "another certificate": ((f"{MATERIAL}.certificate",), "DSSE: invalid signature"),
    "another envelope": (("dsseEnvelope",), "DSSE: invalid signature"),
    "another envelope and its certificate": (
        ("dsseEnvelope", f"{MATERIAL}.certificate"),
        "log entry payload hash does not match bundle",
    ),
    "another entry of the log": ((ENTRY,), "log entry payload hash does not match bundle"),
    "another body of the entry": ((f"{ENTRY}.canonicalizedBody",), "inclusion proof contains invalid root hash"),
    "another time": ((f"{ENTRY}.integratedTime",), "SET: invalid inclusion promise"),
    "another promise": ((f"{ENTRY}.inclusionPromise",), "SET: invalid inclusion promise"),
    "another checkpoint": ((f"{PROOF}.checkpoint",), "Inclusion proof contains invalid root hash signature"),
    "another root of the log": ((f"{PROOF}.rootHash",), "inclusion proof contains invalid root hash"),
    "another root of the log and its checkpoint": (
        (f"{PROOF}.rootHash", f"{PROOF}.checkpoint"),
        "inclusion proof contains invalid root hash",
    ),
}


def part_of(bundle: Any, path: str) -> tuple[Any, Any]:
    """Return the object or list that a path ends in, and its last key."""
    *keys, last = (int(key) if key.isdigit() else key for key in path.split("."))
    for key in keys:
        bundle = bundle[key]
    return bundle, last


@pytest.mark.parametrize(("paths", "reason"), FORGERIES.values(), ids=FORGERIES)
def test_parts_of_another_valid_bundle_are_refused(
    data: Path, trust_root: Path, paths: tuple[str, ...], reason: str
) -> None:
    """The other bundle signs another file, a second later, for the same signer."""
    bundle = SIGSTORE.sign(statement(ROOT), Signer())
    other = SIGSTORE.sign(statement(b"another file"), Signer(delay=dt.timedelta(seconds=3)))
    for path in paths:
        (part, key), (replacement, _) = part_of(bundle, path), part_of(other, path)
        assert part[key] != replacement[key]
        part[key] = replacement[key]
    sign(data, bundle)
    assert reason in refused(data, trust_root)


MISSING: Final = {
    "dsseEnvelope": "is no Sigstore bundle: ",
    "dsseEnvelope.signatures.0": "envelope must contain exactly one signature",
    f"{MATERIAL}.certificate": "is no Sigstore bundle: ",
    ENTRY: "expected exactly one log entry in bundle",
    f"{ENTRY}.inclusionPromise": "bundle must contain an inclusion promise or signed timestamp(s)",
    PROOF: "is no Sigstore bundle: ",
    f"{PROOF}.checkpoint": "is no Sigstore bundle: ",
    f"{PROOF}.hashes.0": "inclusion proof has wrong size",
}


@pytest.mark.parametrize(("path", "reason"), MISSING.items())
def test_a_bundle_without_one_of_its_parts_is_refused(data: Path, trust_root: Path, path: str, reason: str) -> None:
    """What is missing proves nothing."""
    bundle = SIGSTORE.sign(statement(ROOT), Signer())
    part, key = part_of(bundle, path)
    del part[key]
    sign(data, bundle)
    assert reason in refused(data, trust_root)


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"null", b"\xff", b"[" * 10_000, b"truncated"], ids=repr)
def test_a_file_that_is_no_bundle_is_refused(data: Path, trust_root: Path, text: bytes) -> None:
    """A bundle that was cut off is none either."""
    file = signature.path(data)
    file.write_bytes(file.read_bytes()[:-10] if text == b"truncated" else text)
    assert "is no Sigstore bundle: " in refused(data, trust_root)


def test_any_changed_byte_is_refused_or_changes_nothing(data: Path, trust_root: Path) -> None:
    """A bundle has bytes that nothing covers, such as spaces; no such change makes it another signer's."""
    whole = signature.path(data).read_bytes()
    for at in range(0, len(whole), 97):
        signature.path(data).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        try:
            assert SIGNED == signature.verify(data, REPOSITORY, trust_root)
        except SignatureRefused:
            continue


def test_another_trust_root_is_refused(data: Path, tmp_path: Path) -> None:
    """Any certificate authority can issue a certificate in the workflow's name, so only that of Sigstore is trusted."""
    other = tmp_path / "other.json"
    other.write_text(json.dumps(Sigstore().trust_root()), encoding="utf-8")
    assert "candidates exhausted" in refused(data, other)


@pytest.mark.parametrize(
    ("part", "reason"),
    {"ctlogs": "failed to verify SCT on signing certificate", "tlogs": "invalid log entry"}.items(),
)
def test_another_log_is_refused(data: Path, tmp_path: Path, part: str, reason: str) -> None:
    """The certificate and the signature must both be in a public log, so that nobody signs in secret."""
    mixed = tmp_path / "mixed.json"
    mixed.write_text(json.dumps(SIGSTORE.trust_root() | {part: Sigstore().trust_root()[part]}), encoding="utf-8")
    assert reason in refused(data, mixed)


@pytest.mark.parametrize("text", ["", "{}", "[]", "another", "no certificate authority"])
def test_a_file_that_is_no_trust_root_is_named(data: Path, trust_root: Path, text: str) -> None:
    """It is a mistake in the command, and not in the data."""
    if text == "another":
        text = json.dumps(SIGSTORE.trust_root() | {"mediaType": "application/json"})
    if text.startswith("no "):
        text = json.dumps(SIGSTORE.trust_root() | {"certificateAuthorities": []})
    trust_root.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="is no trust root of Sigstore: "):
        signature.verify(data, REPOSITORY, trust_root)


# The trust root of the public Sigstore.


@pytest.fixture
def no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send every request to a port of this machine on which nothing listens, and start with an empty cache."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))


@pytest.mark.usefixtures("no_network")
def test_an_unreachable_trust_root_is_a_failed_tool(data: Path) -> None:
    """The hint names both ways around it."""
    with pytest.raises(ToolFailure, match="Sigstore's trust root can't be read") as failure:
        signature.verify(data, REPOSITORY)
    assert "`--offline`" in failure.value.hint
    assert "`--trust-root FILE`" in failure.value.hint


@pytest.mark.usefixtures("no_network")
def test_offline_is_the_trust_root_of_the_library(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Our certificate authority is not the public one; nothing is printed."""
    with pytest.raises(SignatureRefused, match="candidates exhausted"):
        signature.verify(data, REPOSITORY, offline=True)
    assert ("", "") == capfd.readouterr()


# The command.


def judged(folder: Path) -> Path:
    """Write a small store that `matrix verify` accepts."""
    fill(folder)
    update_judgements(Store(folder, ANTHROPIC))
    return folder


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a small store, and sign it."""
    folder = judged(tmp_path_factory.mktemp("reports") / ANTHROPIC.id)
    sign(folder)
    return folder


def verify(data: Path, *arguments: str | Path) -> tuple[int, str]:
    """Run `matrix verify`; return the exit code and the printed text."""
    done = run_command("--data", data, "verify", *arguments)
    return done.code, done.out + done.err


def test_the_command_says_who_signed_and_when(published: Path, trust_root: Path) -> None:
    """It also checks the data."""
    code, text = verify(published, "--signed", REPOSITORY, "--trust-root", trust_root)
    assert 0 == code, text
    assert "every digest matches." in text
    assert (
        f"The workflow .github/workflows/matrix.yml of {REPOSITORY} signed it on its main branch: 2026-11-01 04:40 UTC."
        in text
    )


def test_the_command_names_another_repository(published: Path, trust_root: Path) -> None:
    """The message has both, in one paragraph."""
    code, text = verify(published, "--signed", "example/other", "--trust-root", trust_root)
    assert SignatureRefused.exit_code == code
    assert "do not match https://github.com/example/other/.github/workflows/matrix.yml@refs/heads/main" in text
    assert f"https://github.com/{REPOSITORY}/.github/workflows/matrix.yml@refs/heads/main" in text
    assert "Hint: Name the repository that publishes this data" in text


def test_data_that_was_changed_with_all_its_digests_is_refused(
    published: Path, trust_root: Path, tmp_path: Path
) -> None:
    """Without --signed, nothing shows it: every digest was made anew."""
    folder = tmp_path / published.name
    shutil.copytree(published, folder)
    shutil.copyfile(signature.path(published), signature.path(folder))
    store = Store(folder, ANTHROPIC)
    with store.writing():
        store.put_releases(
            {name: msgspec.structs.replace(release, yanked="forged") for name, release in store.releases().items()}
        )
    arguments = ("--signed", REPOSITORY, "--trust-root", trust_root)
    code, text = verify(folder, *arguments)
    assert (SignatureRefused.exit_code, True) == (code, "does not sign this root digest" in text), text
    assert 0 == verify(folder)[0]
    (folder / RELEASES).write_bytes((folder / RELEASES).read_bytes() + b"\n")
    assert StoreCorrupt.exit_code == verify(folder, *arguments)[0]


def test_data_without_a_signature_says_so(tmp_path: Path, trust_root: Path) -> None:
    """The committed data has none until the service publishes it for the first time."""
    folder = judged(tmp_path / ANTHROPIC.id)
    code, text = verify(folder, "--signed", REPOSITORY, "--trust-root", trust_root)
    assert SignatureRefused.exit_code == code
    assert f"Error: The data is not signed: {signature.path(folder)} does not exist." in text
    assert "Hint: The service signs data when it publishes it" in text


@pytest.mark.parametrize("name", ["example", "example/midstream/x", "https://github.com/example/x", "a b/c", ""])
def test_a_repository_is_an_owner_and_a_name(tmp_path: Path, name: str) -> None:
    """Nothing is read before."""
    code, text = verify(tmp_path, "--signed", name)
    assert (UsageError.exit_code, True) == (code, "is not a repository" in text)


@pytest.mark.parametrize("arguments", [["--offline"], ["--trust-root", __file__]])
def test_options_of_a_signature_need_a_repository(tmp_path: Path, arguments: list[str]) -> None:
    """Without the repository, a signature says nothing."""
    code, text = verify(tmp_path, *arguments)
    assert (UsageError.exit_code, True) == (code, "belong to --signed" in text)


def test_a_missing_extra_is_named(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The base has everything for `matrix verify` without the option."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "sigstore"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])
    code, text = verify(published, "--signed", REPOSITORY)
    assert ToolFailure.exit_code == code
    assert "needs sigstore, which is not installed: it is part of the extra `signed`." in text
    assert 0 == verify(published)[0]


class Absent:
    """An importer that says that `sigstore` is not installed."""

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> None:
        """Refuse the package."""
        if name == "sigstore":
            raise ModuleNotFoundError("No module named 'sigstore'", name="sigstore")
