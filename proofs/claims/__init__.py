"""What is claimed: the statements of papers, lectures and notes, typed in from their source.

One file a subject, each a line of the ledger. The kinds of claims are importable from here too, for
those who claim something of their own:

>>> from eigenstep.optimizers.rules import heavy_ball
>>> from eigenstep.proofs.claims import RegionClaim
>>> RegionClaim("mine", "…", "my notes", heavy_ball, bound="2 + 2*beta").prove().verdict.value
'PROVED'

May import the kinds of claims.
"""

from ..kinds import *  # noqa: F403
