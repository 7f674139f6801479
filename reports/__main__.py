"""``python -m eigenstep.reports``: the command ``eigenstep``."""

from .commands.command_line import main

if __name__ == "__main__":
    main()
