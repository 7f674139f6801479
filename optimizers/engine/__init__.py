"""Which target of a program runs where: checking memory, loading native code, stepping.

May import the language, the program and its targets, and the machine. Nothing here knows an optimizer class.
"""

from .kernel import (
    CUDA_PATIENCE,
    ENGINES,
    PATIENCE,
    Groups,
    Kernel,
    Reduce,
    can_compile,
    check_engine,
    kernel_of,
)

__all__ = [
    "CUDA_PATIENCE", "ENGINES", "PATIENCE", "Groups", "Kernel", "Reduce", "can_compile", "check_engine",
    "kernel_of",
]  # fmt: skip
