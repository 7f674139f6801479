"""What a claim is tried with: typed statements read into float64 or changed in one place, rules run.

Nothing here proves anything, and nothing is shared with what does: a statement is read into NumPy
arithmetic, not through SymPy.

May import the analysis floor's ground; each kind of claim says itself how it is tried.
"""
