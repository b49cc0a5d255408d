"""The manifests of setuptools, conda, pixi, hatch, tox and Rye, scripts with requirements, and commands are read."""

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from matrix.manifests import Manifest, discover_tree, read
from matrix.manifests import yaml as yaml_reader
from matrix.manifests.conda import specifiers
from matrix.targets import DEFAULT
from tests.manifests.test_hostile import messages, sound, write


class Written(NamedTuple):
    """A file, and what its reader returns.

    Attributes:
        name: The name of the file.
        text: Its text.
        entries: The line, the specifier and the origin of each entry.
        python: The Python versions that the file supports.
    """

    name: str
    text: str
    entries: list[tuple[int, str, str]]
    python: str = ""


FILES = {
    "setup.cfg": Written(
        "setup.cfg",
        "[metadata]\nname = a\n[options]\npython_requires = >=3.9\ninstall_requires =\n    rich\n"
        "    Anthropic == 0.45.2\n[options.extras_require]\nx = anthropic>=0.40; requests\n"
        'y =\n    anthropic<1 ; python_version < "3.12"\n',
        [
            (7, "==0.45.2", "options.install_requires"),
            (9, ">=0.40", "options.extras_require.x"),
            (11, "<1", "options.extras_require.y"),
        ],
        ">=3.9",
    ),
    "setup.py": Written(
        "setup.py",
        "import setuptools\nBASE = ['rich',\n  'anthropic==0.45.2']\nsetuptools.setup(\n"
        "    install_requires=BASE + ['httpx'],\n    python_requires='>=3.9',\n"
        "    extras_require={'x': ('anthropic>=0.40',), 'y': '''\n# pinned\nanthropic<1'''},\n)\n",
        [(3, "==0.45.2", "install_requires"), (7, ">=0.40", "extras_require.x"), (7, "<1", "extras_require.y")],
        ">=3.9",
    ),
    "setup.py of Poetry": Written(
        "setup.py",
        "from setuptools import setup\ninstall_requires = \\\n['anthropic>=0.40,<1']\n"
        "setup_kwargs = {'name': 'a', 'install_requires': install_requires, 'python_requires': '>=3.9'}\n"
        "setup(**setup_kwargs)\n",
        [(3, ">=0.40,<1", "install_requires")],
        ">=3.9",
    ),
    "a script": Written(
        "script.py",
        '#!/usr/bin/env -S uv run\n# /// script\n# requires-python = ">=3.11"\n# dependencies = [\n'
        '#   "rich",\n#   "anthropic==0.45.2",\n# ]\n# ///\nimport anthropic\n',
        [(6, "==0.45.2", "dependencies")],
        ">=3.11",
    ),
    "environment.yml": Written(
        "environment.yml",
        "name: a\nchannels: [conda-forge]\ndependencies:\n  - python=3.11\n  - conda-forge::anthropic=0.45\n  - pip\n"
        "  - pip:\n      - anthropic[bedrock]==0.45.2\n      - --index-url https://index.example/simple\n",
        [(5, "==0.45.*", "dependencies (conda)"), (8, "==0.45.2", "dependencies.pip")],
        "==3.11.*",
    ),
    "conda-lock.yml": Written(
        "conda-lock.yml",
        "version: 1\npackage:\n"
        + "".join(
            f"- name: {name}\n  version: {version}\n  manager: {manager}\n  platform: {platform}\n"
            for platform in ("linux-64", "osx-arm64")
            for name, version, manager in (
                ("anthropic", "0.45.2", "pip"),
                ("python", "3.11.9", "conda"),
                ("httpx", "0.28.1", "conda"),
            )
        ),
        [(3, "==0.45.2", "package (pip)")],
        "==3.11.9",
    ),
    "pixi.lock": Written(
        "pixi.lock",
        "version: 6\nenvironments:\n  default:\n    packages:\n      linux-64:\n"
        "      - pypi: https://files.example/anthropic-0.45.2-py3-none-any.whl\npackages:\n"
        "- conda: https://conda.example/noarch/anthropic-0.46.0-pyhd8ed1ab_0.conda\n  sha256: ab\n"
        "- conda: https://conda.example/linux-64/python-3.11.9-hb806964_0_cpython.conda\n"
        "- pypi: https://files.example/anthropic-0.45.2-py3-none-any.whl\n  name: anthropic\n  version: 0.45.2\n"
        "- pypi: https://files.example/httpx-0.28.1-py3-none-any.whl\n  name: httpx\n  version: 0.28.1\n",
        [(8, "==0.46.0", "package (conda)"), (12, "==0.45.2", "package (pypi)")],
        "==3.11.9",
    ),
    "pixi.lock, version 5": Written(
        "pixi.lock",
        "version: 5\npackages:\n- kind: conda\n  name: anthropic\n  version: 0.46.0\n"
        "- kind: pypi\n  name: anthropic\n  version: 0.45.2\n",
        [(4, "==0.46.0", "package (conda)"), (7, "==0.45.2", "package (pypi)")],
    ),
    "pixi.toml": Written(
        "pixi.toml",
        '[workspace]\nname = "a"\n[dependencies]\npython = "3.11.*"\nanthropic = { version = "0.45.*" }\n'
        '[pypi-dependencies]\nanthropic = { version = "==0.45.2", extras = ["bedrock"] }\n'
        '[feature.test.target.linux-64.pypi-dependencies]\nanthropic = "*"\n',
        [
            (5, "==0.45.*", "dependencies (conda)"),
            (7, "==0.45.2", "pypi-dependencies"),
            (9, "", "feature.test.target.linux-64.pypi-dependencies"),
        ],
        "==3.11.*",
    ),
    "tool.pixi": Written(
        "pyproject.toml",
        '[tool.pixi.feature.x.pypi-dependencies]\nanthropic = ">=0.40,<1"\n',
        [(2, ">=0.40,<1", "tool.pixi.feature.x.pypi-dependencies")],
    ),
    "tool.hatch.envs": Written(
        "pyproject.toml",
        '[tool.hatch.envs.default]\ndependencies = [\n  "anthropic==0.45.2",\n]\n',
        [(3, "==0.45.2", "tool.hatch.envs.default.dependencies")],
    ),
    "hatch.toml": Written(
        "hatch.toml",
        '[envs.test]\nextra-dependencies = ["anthropic>=0.40"]\n',
        [(2, ">=0.40", "envs.test.extra-dependencies")],
    ),
    "tox.ini": Written(
        "tox.ini",
        "[tox]\nenvlist = py\n[testenv]\ndeps =\n  pytest\n  py311: anthropic==0.45.2\n  {[base]deps}\n"
        "[testenv:new]\ndeps = anthropic>=2\n",
        [(6, "==0.45.2", "testenv.deps"), (9, ">=2", "testenv:new.deps")],
    ),
    "tox.toml": Written(
        "tox.toml",
        '[env_run_base]\ndeps = ["anthropic==0.45.2"]\n[env.new]\ndeps = ["anthropic>=2", { replace = "ref" }]\n',
        [(2, "==0.45.2", "env_run_base.deps"), (4, ">=2", "env.new.deps")],
    ),
    "requirements.lock": Written(
        "requirements.lock",
        "-e file:.\nanthropic==0.45.2\n    # via a\nhttpx==0.28.1\n",
        [(2, "==0.45.2", "requirement")],
    ),
    "Dockerfile": Written(
        "Dockerfile",
        "FROM python:3.11\n# RUN pip install anthropic==0.1\nRUN apt-get update && \\\n"
        "    pip install --no-cache-dir anthropic-tools 'anthropic==0.45.2' && \\\n    echo anthropic==9\n"
        "RUN echo anthropic\n",
        [(3, "==0.45.2", "command")],
    ),
    "a shell script": Written(
        "install.sh",
        "set -e\nuv pip install rich anthropic\npython -m pip install -q 'anthropic[bedrock]>=0.40' | tee log\n",
        [(2, "", "command"), (3, ">=0.40", "command")],
    ),
    "variables of a Dockerfile": Written(
        "Dockerfile",
        "ARG BASE=0.45\nFROM python:3.11\nARG V=0.45.2\nENV W 0.45.1\nENV X='0.46.0' Y=1\n"
        "RUN pip install -q rich && \\\n"
        "  pip install anthropic==${V}\nRUN A=1 pip install anthropic==$W\nRUN pip install 'anthropic==${X}'\n"
        'RUN pip install "anthropic==${BASE}.0"\nRUN pip install anthropic==${NONE:-0.47.0}\n',
        [
            (6, "==0.45.2", "command"),
            (8, "==0.45.1", "command"),
            (9, "==0.46.0", "command"),
            (10, "==0.45.0", "command"),
            (11, "==0.47.0", "command"),
        ],
    ),
    "variables of a shell script": Written(
        "install.sh",
        'V=0.45.2\nDEPS="rich anthropic==$V"\nexport A=${1:-0.46.0}; V=${V:-1}\npip install $DEPS\n'
        'pip install "anthropic==${A}"\n',
        [(4, "==0.45.2", "command"), (5, "==0.46.0", "command")],
    ),
    "a variable of tox with a default": Written(
        "tox.ini", "[testenv]\ndeps =\n  anthropic=={env:V:0.45.2}\n  {env:OTHER}\n", [(3, "==0.45.2", "testenv.deps")]
    ),
}
"""Kinds of files, by what they are."""


def summary(manifest: Manifest) -> tuple[list[tuple[int, str, str]], str]:
    """Return the entries and the Python of a manifest in the form of `Written`."""
    return [(entry.place.line, entry.specifier, entry.origin) for entry in manifest.entries], manifest.python


@pytest.mark.parametrize(
    ("name", "text", "line", "variable"),
    [
        ("Dockerfile", "ARG V\nRUN pip install anthropic==${V}\n", 2, "V"),
        ("Dockerfile", "RUN pip install rich && pip install anthropic==$V\n", 1, "V"),
        ("x.sh", "pip install anthropic==$1\n", 1, "1"),
        ("x.sh", "if a; then V=1; else V=2; fi\npip install anthropic==$V\n", 2, "V"),
        ("x.sh", "V=$(cat v)\npip install anthropic==$V\n", 2, "V"),
        ("x.sh", "V=1\npip install anthropic==${V:+2}\n", 2, "V"),
        ("x.sh", "pip install anthropic==`cat v`\n", 1, "the output of a command"),
        ("requirements.txt", "anthropic==${V_1}\n", 1, "the environment variable V_1"),
        ("requirements.txt", "rich\n-r ${DIR}/base.txt\n", 2, "the environment variable DIR"),
        ("tox.ini", "[testenv]\ndeps =\n  anthropic=={env:V}\n", 3, "the environment variable V"),
    ],
)
def test_a_release_that_depends_on_a_variable_is_a_problem(
    tmp_path: Path, name: str, text: str, line: int, variable: str
) -> None:
    """The problem names the variable, and no release is read."""
    manifest = read(DEFAULT, write(tmp_path / name, text))
    (problem,) = manifest.problems
    assert ((), line) == (manifest.entries, problem.place.line)
    assert problem.message.endswith(f"can't be read, because it depends on {variable}.")


NOTEBOOK = [
    "# Install",
    ["%pip install -q anthropic==0.45.0\n", "# %pip install anthropic==0.1\n", "import anthropic\n"],
    "V = '0.45.1'  # a\nif V:\n    !python -m pip install \\\n      anthropic=={V} && pip install anthropic==0.45.2\n",
    "%%bash\npip install anthropic==0.46.0\n",
    "%%capture out\n!pip install anthropic==0.46.1\n",
    "%%writefile install.sh\npip install anthropic==0.1\n",
    "print('pip install anthropic==0.1')\nx = !pip install anthropic>=0.47\n",
]
"""The sources of cells: one of text, and six of code."""


def notebook(*sources: object, **metadata: object) -> str:
    """Write a notebook whose cells have these sources, the first of them a cell of text."""
    kinds = ["markdown", *["code"] * (len(sources) - 1)]
    cells = [{"cell_type": kind, "source": source} for kind, source in zip(kinds, sources, strict=True)]
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": cells}, indent=1)


def test_the_commands_of_a_notebook_are_read(tmp_path: Path) -> None:
    """Each has its cell and the line in it, and the line of the file; a file that a cell writes is no command."""
    text = notebook(*NOTEBOOK)
    manifest = read(DEFAULT, write(tmp_path / "x.ipynb", text), "x.ipynb")
    assert ("notebook", ()) == (manifest.kind, manifest.problems)
    assert [
        ("x.ipynb:cell 2:1", "==0.45.0", "command"),
        ("x.ipynb:cell 3:3", "==0.45.1", "command"),
        ("x.ipynb:cell 3:3", "==0.45.2", "command"),
        ("x.ipynb:cell 4:2", "==0.46.0", "command"),
        ("x.ipynb:cell 5:2", "==0.46.1", "command"),
        ("x.ipynb:cell 7:2", ">=0.47", "command"),
    ] == [(str(entry.place), entry.specifier, entry.origin) for entry in manifest.entries]
    assert "%pip install -q anthropic" in text.splitlines()[manifest.entries[0].place.line - 1]


def test_a_notebook_that_can_not_be_read_is_a_problem(tmp_path: Path) -> None:
    """A value that is computed is one too; a notebook in another language has no commands."""
    text = notebook("", "v = f()\n%pip install anthropic=={v}\n")
    (problem,) = read(DEFAULT, write(tmp_path / "x.ipynb", text)).problems
    assert "can't be read, because it depends on v." in problem.message
    assert "pip install" in text.splitlines()[problem.place.line - 1]
    (problem,) = read(DEFAULT, write(tmp_path / "y.ipynb", "!pip install anthropic")).problems
    assert problem.message.startswith("The file is not a notebook: ")
    other = notebook("", "!pip install anthropic", kernelspec={"language": "R"})
    assert ((), ()) == (
        read(DEFAULT, write(tmp_path / "z.ipynb", other)).entries,
        read(DEFAULT, tmp_path / "z.ipynb").problems,
    )


def test_a_script_is_installed_from_the_source_that_it_names(tmp_path: Path) -> None:
    """The version of its requirement says nothing of a fork."""
    text = "# /// script\n# dependencies = ['anthropic==0.45.2']\n# [tool.uv.sources]\n"
    text += "# anthropic = {git = 'x.git'}\n# ///\n"
    (entry,) = read(DEFAULT, write(tmp_path / "x.py", text)).entries
    assert ("", "x.git") == (entry.specifier, entry.direct)


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_the_kind_is_read(tmp_path: Path, kind: str) -> None:
    """Each requirement has its line, and nothing else is reported."""
    written = FILES[kind]
    manifest = read(DEFAULT, write(tmp_path / written.name, written.text))
    assert ((written.entries, written.python), []) == (summary(manifest), messages(manifest))


@pytest.mark.parametrize("kind", ["conda-lock.yml", "pixi.lock", "requirements.lock"])
def test_a_lock_has_the_versions_of_the_other_packages(tmp_path: Path, kind: str) -> None:
    """They decide which lane a release is judged by."""
    written = FILES[kind]
    manifest = read(DEFAULT, write(tmp_path / written.name, written.text))
    assert "0.28.1" == manifest.entries[0].locked["httpx"]


DYNAMIC = '[project]\ndynamic = ["dependencies", "optional-dependencies"]\n'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", DYNAMIC + '[tool.setuptools.dynamic]\ndependencies = {file = ["deps/run.txt"]}\n'),
        ("pyproject.toml", DYNAMIC + '[tool.setuptools.dynamic]\noptional-dependencies.x = {file = "deps/run.txt"}\n'),
        ("pyproject.toml", DYNAMIC + '[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ["deps/run.txt"]\n'),
        ("setup.cfg", "[options]\ninstall_requires = file: deps/run.txt\n"),
        ("tox.ini", "[testenv]\ndeps = -r{toxinidir}/deps/run.txt\n"),
        ("environment.yml", "dependencies:\n- pip: ['-r deps/run.txt']\n# anthropic\n"),
    ],
)
def test_a_file_that_a_manifest_names_is_read(tmp_path: Path, name: str, text: str) -> None:
    """The entry has the place in that file; a missing file is a problem."""
    path = write(tmp_path / name, text)
    (problem,) = read(DEFAULT, path, name).problems
    assert "The include 'deps/run.txt' can't be read. The file does not exist." == problem.message
    (tmp_path / "deps").mkdir()
    write(tmp_path / "deps" / "run.txt", "rich\nanthropic==0.45.2\n")
    manifest = read(DEFAULT, path, name)
    assert (["deps/run.txt:2"], ()) == ([str(entry.place) for entry in manifest.entries], manifest.problems)


COMPUTED = "The `install_requires` can't be read, because the program computes the value; midstream runs no code."


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("setup(install_requires=open('r.txt').read().splitlines())", [COMPUTED]),
        ("setup(install_requires=[f'anthropic=={V}'])", [COMPUTED]),
        ("R = ['rich']\nR.append('anthropic')\nsetup(install_requires=R)", [COMPUTED]),
        ("R = ['rich']\nR += ['anthropic']\nsetup(install_requires=R)", [COMPUTED]),
        ("R = ['rich']\nR = ['anthropic']\nsetup(install_requires=R)", [COMPUTED]),
        ("A = A + A\nsetup(install_requires=A)", [COMPUTED]),
        ("setup(extras_require={'a': read()})", [COMPUTED.replace("install_requires", "extras_require")]),
        ("setup(**arguments())", [COMPUTED.replace("`install_requires`", "arguments of `setup`")]),
        ("print 'anthropic'", ["The file can't be parsed as Python 3."]),
        ("setup()", []),
        ("import os\nos.abort()", []),
    ],
)
def test_what_a_setup_script_computes_is_a_problem(tmp_path: Path, source: str, expected: list[str]) -> None:
    """The script is never executed."""
    assert expected == messages(read(DEFAULT, write(tmp_path / "setup.py", source)))


def test_dynamic_requirements_that_a_build_computes_are_a_problem(tmp_path: Path) -> None:
    """Those of setuptools may stand in setup.py, and those of Poetry in its own table."""
    text = '[build-system]\nbuild-backend = "{}"\n[project]\ndynamic = ["dependencies", "version"]\n'
    for build, expected in {"hatchling.build": 1, "poetry.core.masonry.api": 0, "setuptools.build_meta": 0}.items():
        manifest = read(DEFAULT, write(tmp_path / "pyproject.toml", text.format(build)))
        assert expected == len(manifest.problems)


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("=0.45", ["==0.45.*"]),
        ("=0.45.*", ["==0.45.*"]),
        ("==0.45.2", ["==0.45.2"]),
        ("0.45.2", ["==0.45.2"]),
        ("0.45.2 py_0", ["==0.45.2"]),
        ("=0.45.2=py_0", ["==0.45.2"]),
        ("0.45*", ["==0.45.*"]),
        (">=0.40,<1", [">=0.40,<1"]),
        (">= 0.40 , < 1", [">=0.40,<1"]),
        (">=0.40.*", [">=0.40"]),
        ("!=0.45*", ["!=0.45.*"]),
        ("~=0.45.1", ["~=0.45.1"]),
        ("0.28.1|>=0.45", ["==0.28.1", ">=0.45"]),
        ("[version='>=0.40,<1']", [">=0.40,<1"]),
        ("[channel=conda-forge]", [""]),
        ("*", [""]),
        ("", [""]),
    ],
)
def test_a_constraint_of_conda_is_a_specifier(constraint: str, expected: list[str]) -> None:
    """The `=` of conda allows what begins with the version."""
    assert expected == specifiers(constraint)


@pytest.mark.parametrize("constraint", ["^0.4", "=", "0.4.2=", "nonsense", "[version=", ">=0.4|x", "1" * 1000])
def test_a_constraint_that_conda_does_not_know_is_refused(constraint: str) -> None:
    """The manifest has a problem at that line."""
    with pytest.raises(ValueError):  # noqa: PT011 - packaging and Python raise subclasses
        specifiers(constraint)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anthropic: &a x\nb: *a\n", "The file was skipped: line 2 has an alias, which midstream does not follow."),
        ("%YAML 1.1\n---\nanthropic: 1\n", "The file was skipped: it has a directive, a line that begins with `%`."),
        ("anthropic: 1\n---\nb: 1\n", "The file was skipped: it has several documents."),
        ("? [anthropic]\n: 1\n", "The file was skipped: line 1 has a key that is not a text."),
        ("anthropic: " + "[" * 100, "The file was skipped: it is nested too deeply."),
        ("- anthropic\n", "The file must contain a table."),
        ("anthropic\n", "The file must contain a table."),
        ("anthropic: [\n", "The file is not valid YAML: did not find expected node content."),
        ("anthropic: \0\n", "The file is not valid YAML: it has an invalid character."),
        ("!!python/object/apply:os.abort [anthropic]\n", "The file must contain a table."),
    ],
)
def test_yaml_that_no_tool_writes_is_a_problem(tmp_path: Path, text: str, expected: str) -> None:
    """Nothing in a file constructs an object, expands to more than it is, or overflows a stack."""
    assert [expected] == messages(read(DEFAULT, write(tmp_path / "environment.yml", text)))


def test_the_parts_of_a_yaml_file_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of millions of parts would take minutes."""
    monkeypatch.setattr(yaml_reader, "MOST_EVENTS", 50)
    path = write(tmp_path / "environment.yml", "dependencies:\n- anthropic\n" + "- a\n" * 50)
    assert ["The file was skipped: it has more than 50 parts."] == messages(read(DEFAULT, path))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("conda-lock.yml", "package: [{name: anthropic, version: '1'}, {name: python, version: [3.11]}]"),
        ("pixi.lock", "packages: [{name: anthropic, version: '1', kind: [conda]}, {name: python, version: {a: b}}]"),
    ],
)
def test_a_field_of_a_lock_may_have_any_type(tmp_path: Path, name: str, text: str) -> None:
    """The version of Python is then not known, and the release of the target is read."""
    manifest = read(DEFAULT, write(tmp_path / name, text))
    assert (1, "", ()) == (len(manifest.entries), manifest.python, manifest.problems)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("setup.cfg", "[a]\n" + ("a" + " " * 300_000 + "b anthropic\n")),
        ("setup.cfg", "[a]\n" + ("a\t \t" * 100_000 + "anthropic\n")),
        ("tox.ini", "[anthropic]\n" * 50_000),
        ("tox.ini", "[a]\nanthropic\n" + " anthropic\n" * 50_000),
        ("tox.ini", "[a]\n" + " anthropic\n" * 80_000),
        ("tox.ini", "[anthropic]\na=1\n" + "=a\n" * 300_000),
        ("setup.py", "setup(install_requires=" + "[" * 300_000),
        ("setup.py", "setup(install_requires=" + "a+" * 50_000 + "'anthropic')"),
        ("setup.py", "".join(f"a{n} = a{n + 1} + a{n + 1}\n" for n in range(60)) + "setup(install_requires=a0)\n"),
        ("setup.py", "".join(f"a{n} = [{f'a{n + 1}, ' * 1_000}]\n" for n in range(5)) + "setup(install_requires=a0)\n"),
        ("setup.py", 'setup(install_requires="""' + "a\n" * 400_000 + 'anthropic""")\n'),
        ("setup.py", "-" * 300_000 + "1"),
        ("script.py", "# /// script\n" * 100_000),
        ("script.py", "# /// script\n" + "# ///\n" * 200_000),
        ("script.py", "# /// script\n" + "# a\n" * 200_000),
        ("environment.yml", "anthropic: " + "- " * 200_000),
        ("environment.yml", "anthropic: " + "{a: " * 200_000),
        ("environment.yml", "a: anthropic\n" + "".join(f"%TAG !a{n}! b\n" for n in range(50_000))),
        ("environment.yml", "dependencies: [" + "anthropic=1, " * 20_000 + "]"),
        ("environment.yml", "dependencies: ['anthropic" + "|" * 300_000 + "']"),
        ("environment.yml", "dependencies: ['anthropic[" + "version=" * 50_000 + "']"),
        ("pixi.lock", "packages: [" + "{name: anthropic, version: '1'}, " * 20_000 + "]"),
        ("install.sh", "pip install anthropic \\\n" * 40_000),
        ("install.sh", "pip install " * 80_000 + " anthropic"),
        ("Dockerfile", "pip install anthropic '" * 40_000),
        ("install.sh", "A=anthropic\n" + "".join(f"A{n}=$A{n - 1}$A{n - 1}\n" for n in range(20_000))),
        ("install.sh", "A=" + "a" * 199 + "\n" + ("pip install anthropic " + "$A " * 6_000 + "\n") * 50),
        ("install.sh", "pip install anthropic " + "${A:-" * 3_000),
        ("requirements.lock", "anthropic==1\n" * 20_000),
        (
            "x.ipynb",
            '{"nbformat": 4, "cells": [' + '{"cell_type": "code", "source": "!pip install anthropic"},' * 9_000,
        ),
        (
            "x.ipynb",
            '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "'
            + "!pip install anthropic\\n" * 9_000
            + '"}]}',
        ),
        ("x.ipynb", "[" * 200_000),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_a_hostile_file_is_read_in_time(tmp_path: Path, name: str, text: str) -> None:
    """Each file stays within the time limit of a test, and raises nothing."""
    assert sound(read(DEFAULT, write(tmp_path / name, text)))


def test_the_projects_of_a_tree_are_found(tmp_path: Path) -> None:
    """Folders of others are skipped, links are not followed, and only scripts that declare requirements count."""
    manifests = [
        "pyproject.toml",
        "requirements/a.txt",
        "requirements/a.in",
        "run.py",
        "x.ipynb",
        "Dockerfile",
        "install.sh",
        "services/a/setup.py",
        "services/b/deep/er/environment.yml",
        "services/b/deep/er/prod.conda-lock.yml",
    ]
    skipped = [
        ".venv/requirements.txt",
        "node_modules/x/setup.py",
        "mine/pyvenv.cfg",
        "mine/requirements.txt",
        "services/a/app.py",
        "notes.txt",
        "y.ipynb",
        ".ipynb_checkpoints/x.ipynb",
    ]
    for name in [*manifests, *skipped]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write(tmp_path / name, {"run.py": "# /// script\n", "x.ipynb": '"!pip install -q rich"'}.get(name, ""))
    (tmp_path / "loop").symlink_to(tmp_path)
    assert manifests == [path.relative_to(tmp_path).as_posix() for path in discover_tree(tmp_path)]
    assert [] == list(discover_tree(tmp_path / "nothing"))
