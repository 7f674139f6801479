"""The program ``eigenstep``: its commands, and how it ends.

Every command imports what it needs when it runs, so that help and bad input answer at once and
theory never loads torch.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Annotated

import typer

from ...optimizers.machine.signals import end_on_signals
from ..streams import take_over
from . import (
    bound,
    check,
    coefficients,
    data,
    derive,
    exercises,
    figure,
    limit,
    list_rules,
    noise,
    prove,
    radius,
    report,
    tune,
    worst_case,
)
from .command import Command, OwnOutput
from .failures import INTERRUPTED, end_threads, failure, say_failed_threads, usage
from .settings import BadOption

ALL_COMMANDS: tuple[Command, ...] = (
    list_rules.COMMAND,
    derive.COMMAND,
    limit.COMMAND,
    radius.COMMAND,
    tune.COMMAND,
    worst_case.COMMAND,
    noise.COMMAND,
    check.COMMAND,
    coefficients.COMMAND,
    bound.COMMAND,
    prove.COMMAND,
    exercises.COMMAND,
    figure.COMMAND,
    report.COMMAND,
    data.COMMAND,
)
"""In the order of the help."""

_HELP = """The theory of an optimizer, derived from the code that runs it.

An update rule is a plain Python function. eigenstep runs it on symbols to derive its
iteration matrix, eigenvalues, exact convergence region, optimal tuning and noise floor;
decides claims about it; and runs the same function as a torch optimizer.

RULE is a name from `eigenstep list`, or your own: path/to/file.py:rule.

Example: eigenstep derive heavy_ball
"""

app = typer.Typer(
    help=_HELP, rich_markup_mode=None, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        sys.stdout.write(f"eigenstep {version('eigenstep')}\n")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="the version")
    ] = False,
) -> None:
    pass


for _command in ALL_COMMANDS:
    app.command(_command.name, cls=OwnOutput, epilog=f"Example: {_command.example}")(_command.run)


def main() -> None:
    """Run the command; bad input ends with one line on stderr and exit status 2."""
    end_on_signals()
    say_failed_threads()
    output = take_over()
    if len(sys.argv) == 1:
        sys.argv.append("--help")
    try:
        status = app(standalone_mode=False, prog_name="eigenstep")
        output.flush()
        if status == INTERRUPTED:  # typer's answer to Ctrl-C
            raise KeyboardInterrupt
    except BrokenPipeError:
        status = 0
    except SystemExit as error:  # typer's, unless it is a user's, which says where
        status = error.code
    except BaseException as error:
        if os.environ.get("EIGENSTEP_TRACEBACK"):
            raise
        wrong = usage(error) if isinstance(error, Exception) else None
        said, status = (wrong, 2) if wrong is not None else failure(error)
        with contextlib.suppress(OSError):
            print(f"eigenstep: {said}", file=sys.stderr)
    sys.stdout = sys.stderr  # for what is printed as the process ends
    status = status if isinstance(status, int) else 0
    end_threads(status)
    sys.exit(status)


__all__ = ["ALL_COMMANDS", "BadOption", "app", "main"]
