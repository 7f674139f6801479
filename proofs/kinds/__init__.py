"""What can be claimed of a rule, and how each kind of claim is decided, tried and changed.

A claim holds its statement as data (expressions typed in from the source, apart from the rules),
so that changing the statement changes what is proved:

>>> from eigenstep.optimizers.rules import gradient_descent
>>> claim = RegionClaim("M7", "…", "…", gradient_descent, bound="2")
>>> claim.prove().verdict.value
'PROVED'
>>> RegionClaim("M7", "…", "…", gradient_descent, bound="3").prove().verdict.value
'REFUTED'

A kind is a file here with a class that says how it is decided (``decide``), tried in float64 (``trial``)
and changed (``mutants``), and its line below.

May import the analysis floor and this floor's trials, steps, words and verdicts; no claim is made here.
"""

# ruff: noqa: F403
from .any_length import *
from .claim import *
from .conditioning import *
from .conjugacy import *
from .cycles import *
from .decays import *
from .defaults import *
from .edges import *
from .equations import *
from .equivalent_noise import *
from .first_steps import *
from .identities import *
from .inductions import *
from .inequalities import *
from .inverse_chi import *
from .limits import *
from .lookahead import *
from .matrices import *
from .matrix_identities import *
from .names import *
from .noise import *
from .printed_runs import *
from .rectification import *
from .regions import *
from .rescaling import *
from .scaling import *
from .schedules import *
from .second_order import *
from .step_bounds import *
from .step_sizes import *
from .sums import *
from .symmetry import *
from .trajectories import *
from .tunings import *
from .wider_regions import *
from .worst_cases import *
