"""What is claimed: the statements of papers, lectures and notes, typed in from their source.

May import the kinds of claims; one file a subject, each in the ledger's list.
"""

from ..kinds.claim import *  # noqa: F403
