"""Places of a compiled op that nothing asks for: neither the compiler, where a match has a wildcard arm, nor upstream's
tests. An op without one works until somebody needs that place."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...problems import Place
from ..compiled import Compiled, Match, Variant
from ..finding import Finding, Severity
from ..subject import Subject

CODES = {
    "wrap-arm-missing": "a compiled op has a class, and no arm that gives it back as an object of that class",
    "seq-split-missing": "a compiled op divides its tokens, and its variant says that it does not",
    "fpm-missing": "a compiled op has no SOL for forward_model='fpm', which refuses every model that has it",
    "export-missing": "a shell over a compiled class is not to be had from the operations package",
}


def find(subject: Subject) -> Iterator[Finding]:
    compiled = subject.compiled
    if compiled is None:
        return
    yield from _wrap_arms(compiled)
    yield from _seq_split(compiled)
    yield from _fpm(compiled)
    yield from _exports(subject)


def _lacking(compiled: Compiled, match: Match | None) -> list[Variant]:
    """The variants that a match with a wildcard arm does not name."""
    if match is None or match.wildcard is None:
        return []
    return [v for v in compiled.variants if v.name not in match.named]


def names_of(variant: Variant) -> tuple[str, ...]:
    found = (variant.name, variant.struct, variant.made_by.removeprefix("Py"), variant.made_by)
    return tuple(filter(None, found))


def _wrap_arms(compiled: Compiled) -> Iterator[Finding]:
    match = compiled.match_in("py_ops.rs", "wrap_op")
    for variant in _lacking(compiled, match):
        if variant.made_by:
            assert match is not None and match.wildcard is not None
            yield Finding(
                "wrap-arm-missing",
                Severity.FAILS,
                match.wildcard,
                names_of(variant),
                f"wrap_op has no arm for Op::{variant.name}, which a constructor of {variant.made_by} makes: an op "
                "that is read from a composite, or from its serialised form, is a TypeError, and so is a pickle of the "
                "composite",
                f"Op::{variant.name}(_) => wrap!({variant.made_by}),",
            )


def _seq_split(compiled: Compiled) -> Iterator[Finding]:
    match = compiled.match_in("operators/op.rs", "seq_split", "Op")
    for variant in _lacking(compiled, match):
        if "seq_split" in compiled.fields.get(variant.struct, ()):
            assert match is not None and match.wildcard is not None
            yield Finding(
                "seq-split-missing",
                Severity.WRONG,
                match.wildcard,
                names_of(variant),
                f"{variant.struct} divides its tokens by seq_split, and Op::seq_split says 1 for Op::{variant.name}: "
                "what asks the variant, and not its class, counts each rank's tokens as all of them",
                f"Op::{variant.name}(o) => o.seq_split,",
            )


def _fpm(compiled: Compiled) -> Iterator[Finding]:
    match = compiled.match_in("operators/fpm_sol.rs", "op_sol_latency_ms")
    lacking = [v for v in _lacking(compiled, match) if v.made_by]
    if lacking:
        assert match is not None and match.wildcard is not None
        listed = ", ".join(v.name for v in lacking)
        yield Finding(
            "fpm-missing",
            Severity.LIMIT,
            match.wildcard,
            tuple(dict.fromkeys(name for v in lacking for name in names_of(v))),
            f"op_sol_latency_ms has no arm for {listed}: forward_model='fpm' refuses every model that has one of them",
            "an arm that gives the op's SOL at fractional coordinates",
        )


def _exports(subject: Subject) -> Iterator[Finding]:
    """Shells: classes of the operations package over a class of the compiled module."""
    code = subject.code
    package = next((s for s in code.operations if s.path.endswith("/operations/__init__.py")), None)
    if package is None:
        return
    exported = {
        alias.asname or alias.name
        for node in ast.walk(package.tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for source in code.operations:
        compiled = _compiled_names(source.tree)
        for node in source.tree.body:
            if not isinstance(node, ast.ClassDef) or node.name in exported or source is package:
                continue
            if any(isinstance(b, ast.Attribute) and ast.unparse(b.value) in compiled for b in node.bases):
                yield Finding(
                    "export-missing",
                    Severity.FAILS,
                    Place(source.path, node.lineno, node.col_offset + 1),
                    (node.name,),
                    f"{node.name} is a shell over a compiled class, and {package.path} does not import it: models that "
                    f"ask the operations package for it fail with an AttributeError",
                    f"import {node.name} there, and put it into __all__",
                )


def _compiled_names(tree: ast.Module) -> set[str]:
    """What a module calls the compiled one: a module whose last name begins with an underscore."""
    return {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name.rpartition(".")[2].startswith("_")
    }
