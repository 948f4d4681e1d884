"""Python lists of a tree that name an op: one function per list, each giving settled drafts."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Sequence

from ...checkout.python import PythonSource
from ...checkout.tree import Tree
from ...edits.python.bracket import insert_element, insert_sorted_string
from ...edits.python.find import assigned_dict, assigned_list, find_class, find_method, last_assign_in_class
from ...edits.python.place import after_statement, before_statement, end_of_class
from ...model.op import Op
from ...plan import Insertion
from ...problems import CheckoutRefused, Place, Problem
from ...render.code import import_from, statement
from ...render.python import literal
from ..common.settle import Draft, settled


def need(tree: Tree, path: str) -> PythonSource:
    """The file at `path`; raises `CheckoutRefused` when it is not there."""
    source = tree.python(path)
    if source is None:
        raise CheckoutRefused(
            Problem(Place(path), "the file is not there", "a file of this layout", "", "target-missing")
        )
    return source


def draft(
    source: PythonSource,
    edits: Insertion | Sequence[Insertion],
    within: ast.AST | None = None,
    taken: ast.AST | None = None,
    name: str = "",
    *,
    telling: bool = True,
) -> Draft:
    """A draft, done when its bytes (the first edit's) stand in `within` (default: the file); `taken` is what has its
    name.

    `telling` is False for lines that a hand-written op of the same name would have, too.
    """
    insertion, *besides = [edits] if isinstance(edits, Insertion) else edits
    span = None
    if within is not None:
        # An inserted last statement of a scope may end past it by its newline.
        span = (source.start(within), source.line_end(within.end_lineno))  # type: ignore[attr-defined]
    place = source.place(taken) if taken is not None else None
    return Draft(settled(source, insertion, span), place, name, telling, tuple(besides))


def enum_members(op: Op, suffix: str, common: PythonSource) -> Iterable[Draft]:
    """A member of `PerfDataFilename` per table. Two members of one value would be aliases of each other (T14)."""
    enum = find_class(common, "PerfDataFilename")
    assigns = [n for n in enum.body if isinstance(n, ast.Assign)]
    members = {t.id: n for n in assigns for t in n.targets if isinstance(t, ast.Name)}
    values = {n.value.value: n for n in assigns if isinstance(n.value, ast.Constant)}
    last = last_assign_in_class(common, enum)
    for table in op.tables:
        value = f"{table.stem}{suffix}"
        insertion = after_statement(common, last, f"    {statement(f'{table.member} = ', literal(value), 4)}\n")
        taken = members.get(table.member) or values.get(value)
        yield draft(common, insertion, enum, taken, f"PerfDataFilename.{table.member}", telling=False)


def exports(op: Op, classes: Iterable[str], sdk: str, package: PythonSource) -> Iterable[Draft]:
    """The import of the op's module of the SDK `sdk` (its import name), and its classes in `__all__`."""
    module = f"{sdk}.operations.{op.name}"
    names = sorted(classes)
    imported = {a.asname or a.name: n for n in package.tree.body if isinstance(n, ast.ImportFrom) for a in n.names}
    taken = next((imported[n] for n in names if n in imported and _module(imported[n]) != module), None)
    yield draft(
        package, _import(package, module, import_from(module, names) + "\n"), None, taken, names[0], telling=False
    )
    listed = assigned_list(package, package.tree, "__all__")
    for name in names:
        yield draft(package, insert_sorted_string(package, listed, name), listed, telling=False)


def _import(source: PythonSource, module: str, text: str) -> Insertion:
    """The line `text` among the imports of the package's modules, which isort keeps in order."""
    prefix = module.rpartition(".")[0]
    imports = [n for n in source.tree.body if isinstance(n, ast.ImportFrom) and _module(n).startswith(f"{prefix}.")]
    if not imports:
        raise CheckoutRefused(
            Problem(Place(source.path), f"no import from {prefix}", "imports of the op modules", "", "anchor-missing")
        )
    before = [n for n in imports if _natural(_module(n)) < _natural(module)]
    insertion = after_statement(source, before[-1], text) if before else before_statement(source, imports[0], text)
    return Insertion(insertion.path, insertion.offset, insertion.text, sort=_natural(module))


def _module(node: ast.ImportFrom) -> str:
    return "." * node.level + (node.module or "")


def _natural(name: str) -> str:
    """A string that sorts module names as isort does: numbers by value."""
    return re.sub(r"\d+", lambda m: f"{len(m[0]):04d}{m[0]}", name)


def query_methods(text: str, op: Op, database: PythonSource) -> Draft:
    """The op's queries, as methods (indented by 4) at the end of `PerfDatabase`."""
    owner = find_class(database, "PerfDatabase")
    methods = {n.name: n for n in owner.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}
    taken = next((methods[q.method] for q in op.queries if q.method in methods), None)
    # `end_of_class` indents what it is given.
    dedented = "\n".join(line.removeprefix("    ") for line in text.split("\n"))
    insertion = end_of_class(database, owner, dedented)
    return draft(database, insertion, owner, taken, f"PerfDatabase.{op.queries[0].method}")


def loader_stubs(op: Op, conftest: PythonSource, entry: Callable[[str], str]) -> Iterable[Draft]:
    """The loaders among those that upstream's test fixtures replace, each as an `entry` of that dict."""
    stubs = assigned_dict(conftest, conftest.tree, "_LOADER_STUBS")
    keys = {k.value: k for k in stubs.keys if isinstance(k, ast.Constant)}
    for loader in dict.fromkeys(t.loader for t in op.tables):
        insertion = insert_element(conftest, stubs, entry(loader))
        yield draft(conftest, insertion, stubs, keys.get(loader), loader, telling=False)


def import_contract(op: Op, contract: PythonSource) -> Draft:
    """The module among those whose old import path is promised."""
    listed = assigned_list(contract, contract.tree, "CORE_SDK_LEAF_MODULES")
    return draft(contract, insert_sorted_string(contract, listed, f"operations.{op.name}"), listed, telling=False)


def support_keys(entries: Iterable[str], database: PythonSource) -> Iterable[Draft]:
    """The op's keys among those of every backend."""
    matrix = find_class(database, "_LazySupportMatrix")
    for value in assigned_dict(database, matrix, "_BACKEND_KEYS").values:
        if isinstance(value, (ast.Tuple, ast.List)):
            for entry in entries:
                yield draft(database, insert_element(database, value, literal(entry)), value, telling=False)


def support_resolver(text: str, database: PythonSource) -> Draft:
    """A branch of `_resolve`, after the last one and before the statement that refuses unknown keys."""
    matrix = find_class(database, "_LazySupportMatrix")
    method = find_method(database, matrix, "_resolve")
    branches = [n for n in method.body if isinstance(n, ast.If)]
    if not branches:
        raise CheckoutRefused(
            Problem(database.place(method), "no branch for any key", "`if key == ...:` branches", "", "anchor-missing")
        )
    return draft(database, after_statement(database, branches[-1], text, blank_lines=(1, 0)), method)


def support_snapshot(text: str, database: PythonSource) -> Draft | None:
    """The end of `_update_support_matrix`, which makes a plain dict of the matrix, where the tree still has it."""
    owner = find_class(database, "PerfDatabase")
    method = next(
        (n for n in owner.body if isinstance(n, ast.FunctionDef) and n.name == "_update_support_matrix"), None
    )
    if method is None:
        return None
    return draft(database, after_statement(database, method.body[-1], text, blank_lines=(1, 0)), method)
