"""The command's first lines: signals are seen to before anything else is imported."""

from ..optimizers.signals import end_on_signals


def main() -> None:
    """Run ``eigenstep``."""
    end_on_signals()
    from .command_line import main as run

    run()
