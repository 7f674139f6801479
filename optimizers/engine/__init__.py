"""Which target of a program runs where: checking memory, loading native code, stepping.

May import the language, the program and its targets, and the machine. Nothing here knows an optimizer class.
"""

from .kernel import CUDA_PATIENCE, ENGINES, PATIENCE, Kernel, can_compile, check_engine

__all__ = ["CUDA_PATIENCE", "ENGINES", "PATIENCE", "Kernel", "can_compile", "check_engine"]
