"""The names in typed text."""

import ast

integers = ("t", "n", "b", "i", "k", "T", "tau")


def names_in(*texts):
    found = {}
    for text in texts:
        tree = ast.parse(text.strip(), mode="eval")
        called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call)}
        found |= {
            n.id: None for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id not in called
        }
    return list(found)
