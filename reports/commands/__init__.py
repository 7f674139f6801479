"""The command ``eigenstep``: a file a command.

May import everything; imports what a command needs when that command is run.
"""
