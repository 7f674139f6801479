"""What pages are made of: Markdown, mathematics, scripts, styles, the bibliography.

May import the figures, whose captions it prints.
"""
