# SymPy is dynamic: its inferred hints reject correct calls (subs with a dict, And(evaluate=False)).
from typing import Any

def __getattr__(name: str) -> Any: ...
