r"""Somebody else's words in Markdown: every character of them is printed, none of them means anything.

>>> plain("*a* | $b$ <i> @c [d](e)")
'\\*a\\* \\| \\$b\\$ \\<i\\> \\@c \\[d\\]\\(e\\)'
"""

from __future__ import annotations

import re
import unicodedata


def visible(text: str) -> str:
    r"""The text with what cannot be seen, or turns the reading direction, written as its number.

    >>> visible("a\u202eb\x00")
    'a\\u202eb\\u0000'
    """
    return "".join(
        f"\\u{ord(c):04x}" if c not in "\n\t" and unicodedata.category(c)[0] == "C" else c
        for c in text
    )


def plain(text: object) -> str:
    """A line of text, in a paragraph, a heading or a table's cell."""
    line = " ".join(visible(" ".join(str(text).split())).split())
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", line)


def code(text: object) -> str:
    """A line of text as code; not for what a table's cell holds, where a bar would end it.

    >>> code("a`b")
    '`` a`b ``'
    """
    line = visible(" ".join(str(text).split()))
    longest = max(map(len, re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {line} {fence}" if longest else f"`{line}`" if line else ""


def word(text: object) -> str:
    """A name in a table's cell: as code where nothing in it can end a cell.

    >>> word("beta_1"), word("a|b")
    ('`beta_1`', 'a\\\\|b')
    """
    return code(text) if re.fullmatch(r"[\w.: ()]+", str(text)) else plain(text)


def listing(text: str, language: str = "") -> str:
    """Lines of code, as they are."""
    shown = visible(text.expandtabs(4).rstrip("\n"))
    longest = max(map(len, re.findall("~+", shown)), default=0)
    fence = "~" * max(3, longest + 1)
    return (
        f"{fence} {{.{language}}}\n{shown}\n{fence}\n"
        if language
        else f"{fence}\n{shown}\n{fence}\n"
    )


__all__ = ["code", "listing", "plain", "visible", "word"]
