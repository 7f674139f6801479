"""What is computed and trained: data, runs, trials. Nothing is drawn or worded here.

May import the floors below, the data's place and how the report's work is done (``dataset``, ``work``,
``timing``, ``progress``).
"""
