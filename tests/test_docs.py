"""The documentation is executed: README's Python and shell examples, and the help of every command."""

from __future__ import annotations

import doctest
import inspect
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer.models

from spamsift.cli import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SESSIONS = [
    block for block in re.findall(r"^```console\n(.*?)^```", README, re.DOTALL | re.MULTILINE) if "$ spam" in block
]
COMMANDS: dict[str, typer.models.CommandInfo] = {
    command.name or command.callback.__name__: command for command in app.registered_commands if command.callback
}


def test_python_examples_of_the_readme() -> None:
    examples = "\n".join(re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE))
    test = doctest.DocTestParser().get_doctest(examples, {}, "README.md", "README.md", 0)
    assert test.examples
    failures = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed
    assert failures == 0


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.splitlines()[0])
def test_shell_examples_of_the_readme(session: str) -> None:
    """``$ command`` lines with what they print; ``$ echo $?`` shows the exit code of the command before."""
    ran = subprocess.CompletedProcess[str]([], 0, "")
    for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE):
        if command == "echo $?":
            assert f"{ran.returncode}\n" == expected
            continue
        words = shlex.split(command)
        assert words[0] == "spamsift"
        ran = subprocess.run(
            [sys.executable, "-m", *words], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
        )
        assert rounded(ran.stdout) == rounded(expected)


def rounded(printed: str) -> list[str]:
    """Lines with figures cut to one decimal: a model that is trained again may move the second."""
    return [re.sub(r"(\d\.\d)\d+", r"\1", line.rstrip()) for line in printed.splitlines()]


def test_there_are_shell_examples() -> None:
    assert SESSIONS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_is_named_in_the_readme(name: str) -> None:
    callback = COMMANDS[name].callback
    assert callback is not None
    assert callback.__doc__
    assert f"spamsift {name}" in README


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help(name: str) -> None:
    callback = COMMANDS[name].callback
    assert callback is not None
    for parameter in inspect.signature(callback, eval_str=True).parameters.values():
        assert parameter.annotation.__metadata__[0].help, parameter.name


def test_the_readme_names_every_exit_code() -> None:
    section = README.split("## Exit codes", 1)[1]
    assert all(f"| {code} |" in section for code in (0, 1, 2, 3, 130, 141))
