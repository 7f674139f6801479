"""The theory of rules that are linear on a quadratic: spectrum, stability, tuning, noise, transients.

``derivation`` puts it together; each file beside it is one part, which takes polynomials and matrices and
knows no rule's name. A further part is a file here and a property of the derivation.

May import the ground: tracing, exact numbers, expressions, decisions.
"""
