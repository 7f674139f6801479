"""The theory of rules that are linear on a quadratic: spectrum, stability, tuning, noise, transients.

May import the ground: tracing, exact numbers, expressions, decisions.
"""
