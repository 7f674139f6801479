"""The theory of rules that scale by the gradients they saw.

What is left when the scale stands still, averages, limit cycles, and where Adam fails.

May import the ground and the linear theory.
"""
