"""A rule recorded once as a program of operations, and the languages that it is written in.

A target is one file: a table from operation to text or function, and a frame around it. May import the
language (:mod:`~eigenstep.optimizers.rule`, ``ops``, ``errors``); recording imports no torch.
"""

from .nodes import Node, NotRecordable
from .operand import Value
from .phases import Phase, Program
from .recording import SIGN, record

__all__ = ["SIGN", "Node", "NotRecordable", "Phase", "Program", "Value", "record"]
