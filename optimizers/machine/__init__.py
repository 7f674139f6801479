"""What programs need of the machine: files written whole, worker processes, signals.

Nothing of optimization is here. May import the errors of the language.
"""
