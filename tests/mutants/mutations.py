"""Takes one check out of a module: each way to do so is one mutant."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_FLIPPED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_QUANTIFIERS = {"any": "all", "all": "any", "min": "max", "max": "min"}


@dataclass(frozen=True)
class Mutant:
    """A module's text with one check gone."""

    line: int
    what: str
    was: str
    """The node as it stood, for the list of equivalents: `name` is made of it."""
    source: str
    where: str
    """The function it is in."""

    @property
    def name(self) -> str:
        """Stays the same while lines move: `_step: condition never holds: not steps`."""
        return f"{self.where}: {self.what}: {self.was}"


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines; each name once."""
    tree = ast.parse(source)
    found: dict[str, Mutant] = {}
    for where, node in _nodes(tree, "module"):
        for what, edit in _edits(node):
            changed = _with(tree, node, edit)
            text = ast.unparse(ast.fix_missing_locations(changed))
            mutant = Mutant(_line(node), what, _brief(node), text, where)
            twin = mutant.name
            number = 2
            while twin in found:
                twin, number = f"{mutant.name} ({number})", number + 1
            found[twin] = (
                mutant
                if twin == mutant.name
                else Mutant(mutant.line, what, f"{mutant.was} ({number - 1})", text, where)
            )
    return sorted(found.values(), key=lambda each: each.line)


def _nodes(node: ast.AST, where: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node that runs, with the function around it; types and imports check nothing."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST):
                continue
            inside = (
                child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else where
            )
            yield inside, child
            yield from _nodes(child, inside)


Edit = Callable[[ast.AST], ast.AST]


def _edits(node: ast.AST) -> Iterator[tuple[str, Edit]]:
    match node:
        case ast.If() | ast.IfExp():
            yield "condition never holds", _test(False)
        case ast.comprehension(ifs=[_, *_]):
            for index in range(len(node.ifs)):
                yield f"filter {index + 1} dropped", _without("ifs", index)
        case ast.BoolOp():
            for index in range(len(node.values)):
                yield f"operand {index + 1} dropped", _operand(index)
        case ast.Compare(ops=[op]):
            for other in _FLIPPED[type(op)]:
                yield f"{type(op).__name__} is {other.__name__}", _operator(other)
        case ast.UnaryOp(op=ast.Not()):
            yield "not dropped", lambda found: found.operand  # type: ignore[attr-defined]
        case ast.Call(func=ast.Name(id=name)) if name in _QUANTIFIERS:
            yield f"{name} is {_QUANTIFIERS[name]}", _called(_QUANTIFIERS[name])
        case (
            ast.Set(elts=elts)
            | ast.Tuple(elts=elts, ctx=ast.Load())
            | ast.List(elts=elts, ctx=ast.Load())
        ) if len(elts) > 1 and all(_is_name(each) for each in elts):
            for index in range(len(elts)):
                yield f"member {index + 1} dropped", _without("elts", index)
        case ast.match_case(guard=ast.expr()):
            yield "case guard dropped", _no_guard
        case ast.Expr(value=ast.Call() | ast.Await() as value) if not _only_tells(value):
            yield "call dropped", lambda found: ast.Pass()


def _only_tells(node: ast.AST) -> bool:
    """Words for a log, and the names of crash points."""
    return ast.unparse(node).startswith(("log.", "crashpoint("))


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant | ast.Attribute)


def _test(value: bool) -> Edit:
    def edit(node: ast.AST) -> ast.AST:
        node.test = ast.Constant(value)  # type: ignore[attr-defined]
        return node

    return edit


def _without(field: str, index: int) -> Edit:
    def edit(node: ast.AST) -> ast.AST:
        del getattr(node, field)[index]
        return node

    return edit


def _operand(index: int) -> Edit:
    def edit(node: ast.AST) -> ast.AST:
        values = node.values  # type: ignore[attr-defined]
        del values[index]
        return node if len(values) > 1 else values[0]

    return edit


def _operator(other: type[ast.cmpop]) -> Edit:
    def edit(node: ast.AST) -> ast.AST:
        node.ops = [other()]  # type: ignore[attr-defined]
        return node

    return edit


def _called(name: str) -> Edit:
    def edit(node: ast.AST) -> ast.AST:
        node.func = ast.Name(name, ast.Load())  # type: ignore[attr-defined]
        return node

    return edit


def _no_guard(node: ast.AST) -> ast.AST:
    node.guard = None  # type: ignore[attr-defined]
    return node


def _with(tree: ast.Module, target: ast.AST, edit: Edit) -> ast.Module:
    """A copy of the module in which `target` is edited."""
    marked = list(ast.walk(tree)).index(target)
    changed = copy.deepcopy(tree)
    node = list(ast.walk(changed))[marked]

    class Swap(ast.NodeTransformer):
        def visit(self, each: ast.AST) -> ast.AST:
            return edit(each) if each is node else super().generic_visit(each)

    Swap().visit(changed)
    return changed


def _line(node: ast.AST) -> int:
    return next((n.lineno for n in ast.walk(node) if hasattr(n, "lineno")), 0)


def _brief(node: ast.AST) -> str:
    """What the node says, on one line."""
    if isinstance(node, ast.If | ast.IfExp):
        node = node.test
    if isinstance(node, ast.match_case):
        guard = f" if {ast.unparse(node.guard)}" if node.guard else ""
        return f"case {ast.unparse(node.pattern)}{guard}"
    if isinstance(node, ast.comprehension):
        return " ".join(ast.unparse(each) for each in node.ifs)
    return ast.unparse(node).replace("\n", " ")
