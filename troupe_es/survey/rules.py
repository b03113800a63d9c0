"""Skip rules: tiny expressions on earlier answers, such as ``drinks == 'yes' and not (cups < 2)``.

Names are the ids of earlier questions. There are comparisons, ``in``, ``and``, ``or``, ``not`` and parentheses, with
texts, numbers and lists of them; nothing else, and nothing is ever called. A question without an answer compares as
false with everything, and so do values that cannot be compared.
"""

import ast
import operator
from collections.abc import Callable, Container, Mapping
from itertools import pairwise
from typing import Any

from troupe_es.errors import BadCommand

COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}


def check(rule: str, earlier: Container[str], where: str) -> None:
    """Raise BadCommand, naming ``where``, for a rule that is none or names anything but ``earlier`` questions."""
    try:
        _check(_parsed(rule), earlier)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = "it cannot be read" if isinstance(error, SyntaxError | RecursionError | MemoryError) else str(error)
        raise BadCommand(f"{where}: the rule {rule!r} is none: {why}; write it like drinks == 'yes'") from None


def holds(rule: str, answers: Mapping[str, Any]) -> bool:
    """Say whether ``rule`` holds of the answers so far, by question; an empty one always does."""
    return not rule or bool(_value(_parsed(rule), answers))


def _parsed(rule: str) -> ast.expr:
    return ast.parse(rule.strip(), mode="eval").body


def _check(node: ast.expr, earlier: Container[str]) -> None:
    match node:
        case ast.BoolOp(values=parts):
            for part in parts:
                _check(part, earlier)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            _check(part, earlier)
        case ast.Compare(left=left, ops=ops, comparators=rights):
            if any(type(op) not in COMPARE for op in ops):
                raise ValueError("'is' does not compare answers")
            for side in (left, *rights):
                _check_operand(side, earlier)
        case _:
            raise ValueError("it compares nothing")


def _check_operand(node: ast.expr, earlier: Container[str]) -> None:
    if isinstance(node, ast.Name):
        if node.id not in earlier:
            raise ValueError(f"no earlier question is called {node.id!r}")
        return
    try:
        value = ast.literal_eval(node)
    except ValueError:
        raise ValueError("only ids of questions, texts, numbers and lists can be compared") from None
    parts = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(part, str | int | float | bool) for part in parts):
        raise ValueError("only texts, numbers and lists of them can be compared")


def _value(node: ast.expr, answers: Mapping[str, Any]) -> Any:
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(_value(part, answers) for part in parts)
        case ast.BoolOp(values=parts):
            return any(_value(part, answers) for part in parts)
        case ast.UnaryOp(operand=part):
            return not _value(part, answers)
        case ast.Compare(left=left, ops=ops, comparators=rights):
            sides = [_operand(side, answers) for side in (left, *rights)]
            return all(_compared(op, *pair) for op, pair in zip(ops, pairwise(sides), strict=True))
    raise AssertionError("a rule is checked before it is used")


def _operand(node: ast.expr, answers: Mapping[str, Any]) -> Any:
    return answers.get(node.id) if isinstance(node, ast.Name) else ast.literal_eval(node)


def _compared(op: ast.cmpop, left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    try:
        return COMPARE[type(op)](left, right)
    except TypeError:
        return False
