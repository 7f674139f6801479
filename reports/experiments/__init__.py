"""What is computed and trained: data, runs, trials. Nothing is drawn or worded here.

May import the floors below and how the report's work is done (``work``, ``timing``, ``progress``).
"""
