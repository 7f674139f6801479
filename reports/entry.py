"""The command's first lines: signals are seen to before anything else is imported."""

import os
import signal
from typing import Any


def _leave(number: int, frame: Any) -> None:
    """The end while nothing has been started yet."""
    said = "terminated" if number == signal.SIGTERM else "interrupted"
    os.write(2, f"eigenstep: {said}\n".encode())
    os._exit(128 + number)


def main() -> None:
    """Run ``eigenstep``."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)
    from ..optimizers.machine.signals import end_on_signals

    end_on_signals()
    from .commands.command_line import main as run

    run()
