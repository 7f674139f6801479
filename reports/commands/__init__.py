"""The program ``eigenstep``: a file a command, and a line each in ``command_line``.

May import everything; imports what a command needs when that command is run.
"""
