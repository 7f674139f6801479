"""Statements that are false by the docstrings of their own kinds, and true ones on the edge of falsehood.

Each has a line that says why. A file for each group of kinds; :data:`FALSE` and :data:`TRUE` are all of them.
"""
