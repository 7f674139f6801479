"""What can be claimed of a rule, and how each kind of claim is decided.

May import the analysis floor and this floor's steps, words and verdicts; no claim is made here.
"""
