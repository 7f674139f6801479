"""A report of a few pages on one rule, anybody's: each section a file, made apart from the others, so that
what fails in one is said at the end and spoils no other.

May import everything of this floor but the commands and the whole report.
"""
