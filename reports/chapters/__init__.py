"""The report's chapters, a file each, and a line each in ``registry``. Their words and numbers are generated
from what was derived.

May import everything of this floor but the commands and the report that they are put together in.
"""
