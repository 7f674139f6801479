"""A rule recorded once as a program of operations, and the languages that it is written in.

A target is one file: a table from operation to text or function, and a frame around it. May import the
language (:mod:`~eigenstep.optimizers.rule`, ``ops``, ``errors``); recording imports no torch.
"""

from .recording import NotRecordable, Program, record

__all__ = ["NotRecordable", "Program", "record"]
