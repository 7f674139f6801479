"""Which convention of which rule an optimizer of another library computes.

May import the ground; each library's optimizers are reached through one file here.
"""

from .comparing import *  # noqa: F403
