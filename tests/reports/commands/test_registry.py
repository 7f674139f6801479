"""Every command is a file and a line; the program starts with none of what they run."""

import subprocess
import sys

import pytest
from eigenstep.reports.commands.command_line import ALL_COMMANDS, app
from eigenstep.reports.document import CHAPTERS
from typer.testing import CliRunner


def test_the_order_of_the_help():
    assert [c.name for c in ALL_COMMANDS] == [
        "list", "derive", "limit", "radius", "tune", "worst-case", "noise", "check", "coefficients", "bound",
        "prove", "exercises", "figure", "report", "data",
    ]  # fmt: skip
    page = CliRunner().invoke(app, ["--help"]).stdout
    rows = [line.split()[0] for line in page.partition("Commands:")[2].splitlines() if line.strip()]
    assert [r for r in rows if r in {c.name for c in ALL_COMMANDS}] == [
        c.name for c in ALL_COMMANDS
    ]


@pytest.mark.parametrize("command", ALL_COMMANDS, ids=lambda c: c.name)
def test_a_command_is_a_file_with_its_own_example(command):
    module = sys.modules[command.run.__module__]
    assert module.COMMAND is command
    assert command.example.startswith(f"eigenstep {command.name}")


def test_the_help_names_every_chapter():
    page = " ".join(CliRunner().invoke(app, ["report", "--help"]).stdout.split())
    for name in CHAPTERS:
        assert name in page


@pytest.mark.parametrize("asked", ["--version", "--help"])
def test_nothing_heavy_is_imported_to_begin(asked):
    code = (
        f"import sys; sys.argv = ['eigenstep', {asked!r}]\n"
        "from eigenstep.reports.command_line import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'sympy', 'torch', 'numpy', 'matplotlib', 'z3', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
