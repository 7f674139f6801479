"""Reads the LaTeX of an update back and carries it out on numbers, by nothing of what wrote it."""

from __future__ import annotations

import re

import mpmath as mp

_TOKEN = re.compile(
    r"\\begin\{cases\}|\\end\{cases\}|\\text\{[^}]*\}|\\mathrm\{(?:\\_|[^}])*\}|\\operatorname\{\w+\}"
    r"|\\left\(|\\right\)|\\nabla f|\\\\|\\[a-zA-Z]+|\d+(?:\.\d+)?|[A-Za-z]|\S"
)
_MARKS = (r"\hat", r"\bar", r"\tilde")
_RELATIONS = {"<": lambda x, y: x < y, r"\le": lambda x, y: x <= y, ">": lambda x, y: x > y,
              r"\ge": lambda x, y: x >= y, "=": lambda x, y: x == y, r"\ne": lambda x, y: x != y}  # fmt: skip
_FUNCTIONS = {
    r"\max": max, r"\min": min, r"\operatorname{sgn}": mp.sign, r"\nabla f": lambda x: x,
    r"\operatorname{clip}": lambda x, low, high: min(max(x, low), high),
}  # fmt: skip
_CONTROL = {
    r"\frac", r"\sqrt", r"\lvert", r"\rvert", r"\lVert", r"\rVert", r"\cdot", r"\bmod", r"\quad", r"\left(",
    r"\right)", r"\begin{cases}", r"\end{cases}", r"\\", *_FUNCTIONS, *_RELATIONS,
}  # fmt: skip


class Reader:
    """A recursive descent over one expression; ``values`` are the numbers of its symbols."""

    def __init__(self, text: str, values: dict) -> None:
        self.tokens = _TOKEN.findall(text)
        self.place = 0
        self.values = values

    @property
    def next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, expected: str | None = None) -> str:
        token = self.next
        assert expected in (None, token), f"{expected} expected: {self.tokens[self.place :]}"
        self.place += 1
        return token

    def whole(self):
        value = self.sum()
        assert self.next == "", self.tokens[self.place :]
        return value

    def sum(self):
        value = -self.product() if self.next == "-" and self.take() else self.product()
        while self.next in ("+", "-"):
            value = value + self.product() if self.take() == "+" else value - self.product()
        return value

    def product(self):
        value = self.power()
        while True:
            if self.next == r"\cdot":
                self.take()
            elif not self._begins_a_factor():
                return value
            value = value * self.power()

    def _begins_a_factor(self) -> bool:
        token = self.next
        if token in (
            "(",
            r"\left(",
            r"\frac",
            r"\sqrt",
            r"\lvert",
            r"\lVert",
            r"\begin{cases}",
            "[",
            "{",
        ):
            return True
        return token in _FUNCTIONS or (bool(token) and self._is_letter(token))

    def _is_letter(self, token: str) -> bool:
        if token in _MARKS or token.startswith(r"\mathrm"):
            return True
        return (
            token[0] == "\\" and token not in _CONTROL and not token.startswith(r"\text")
        ) or token.isalpha()

    def power(self):
        value = self.atom()
        if self.next == "^":
            self.take()
            value = value ** self.group()
        return value

    def group(self):
        if self.next == "{":
            self.take()
            value = self.sum()
            self.take("}")
            return value
        if self.next.isdigit() and len(self.next) > 1:  # x^23 is x²3
            digit, rest = self.next[0], self.next[1:]
            self.tokens[self.place : self.place + 1] = [digit, rest]
        return self.atom()

    def atom(self):
        token = self.next
        if token in ("(", r"\left("):
            self.take()
            value = self.sum()
            if self.next == r"\bmod":
                self.take()
                value = value % self.sum()
            self.take(")" if token == "(" else r"\right)")
            return value
        if token == "{":
            return self.group()
        if token == r"\frac":
            self.take()
            return self.group() / self.group()
        if token == r"\sqrt":
            self.take()
            return mp.sqrt(self.group())
        if token in (r"\lvert", r"\lVert"):
            self.take()
            value = abs(self.sum())
            self.take(token.replace("l", "r", 1))
            return value
        if token == "[":
            self.take()
            held = self.comparison()
            self.take("]")
            return mp.mpf(held)
        if token == r"\begin{cases}":
            return self.cases()
        if token in _FUNCTIONS:
            self.take()
            end = ")" if self.take() == "(" else r"\right)"
            arguments = [self.sum()]
            while self.next == ",":
                self.take()
                arguments.append(self.sum())
            self.take(end)
            return _FUNCTIONS[token](*arguments)
        if token[0].isdigit():
            return mp.mpf(self.take())
        return self.values[self.symbol()]

    def cases(self):
        self.take(r"\begin{cases}")
        first = self.sum()
        self.take("&")
        self.take(r"\text{if }")
        held = self.comparison()
        self.take(r"\\")
        other = self.sum()
        self.take("&")
        self.take(r"\text{otherwise}")
        self.take(r"\end{cases}")
        return first if held else other

    def comparison(self) -> bool:
        left = self.sum()
        relation = _RELATIONS[self.take()]
        return bool(relation(left, self.sum()))

    def symbol(self) -> str:
        text = self.take()
        while text.split(" ")[-1] in _MARKS:
            text += f" {self.take()}"
        if self.next == "^" and self.tokens[self.place + 1 : self.place + 2] == ["*"]:
            self.place += 2
            text += "^*"
        if self.next == "_":
            self.take()
            if self.next == "{":
                self.take()
                inside = ""
                while self.next != "}":
                    inside += self.take()
                self.take("}")
                text += f"_{{{inside}}}"
            else:
                text += f"_{self.take()}"
        return text


def carry_out(lines: list[str], values: dict) -> dict:
    """The values of all symbols after the lines; ``values`` are those before, ``t`` among them."""
    now = dict(values)
    done: set[str] = set()
    for line in lines:
        left, sign, rest = re.match(r"(.*?) &(\\leftarrow|=) (.*)$", line).groups()
        right, _, condition = rest.partition(r" \quad ")
        if not _holds(condition, now, left in done):
            continue
        done.add(left) if condition.startswith(r"\text{if") else None
        value = Reader(right, now).whole()
        if sign == "=":
            assert left not in values or right.startswith(r"\nabla f"), (
                f"{left} is defined, and was known"
            )
        now[r"\nabla f" if right.startswith(r"\nabla f") else left] = value
    return now


def _holds(condition: str, now: dict, before: bool) -> bool:
    if not condition:
        return True
    if condition == r"\text{otherwise}":
        return not before
    every = re.fullmatch(r"\\text\{every \} (.*) \\text\{ steps\}", condition)
    if every:
        return now["t"] % Reader(every[1], now).whole() == 0
    said = condition.removeprefix(r"\text{if }").split(r" \text{ and } ")
    return all(Reader(one, now).comparison() for one in said)
