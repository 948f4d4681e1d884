"""The anchors of a checkout, as plain data."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Any

import yaml

from fixture_selfcheck.trees import (
    EXACT_OPS,
    HELPERS,
    MODULE_NAMES,
    QUERIES,
    Checkout,
    bound_names,
    class_of,
    method_of,
    methods_of,
    parameters,
    string_of,
)
from fixture_selfcheck.wiring import model_anchors

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = None


def enum_anchors(tree: Checkout) -> dict[str, Any]:
    """The perf file enum and the quant modes, as the source spells them."""
    index = next(i for i, n in enumerate(tree.common.body) if getattr(n, "name", "") == "PerfDataFilename")
    files = tree.common.body[index]
    assert isinstance(files, ast.ClassDef)
    members = [node for node in files.body if isinstance(node, ast.Assign)]
    last = string_of(members[-1].value) or ""
    gemm = [n for n in class_of(tree.common, "GEMMQuantMode").body if isinstance(n, ast.Assign)]
    return {
        "bases": [ast.unparse(base) for base in files.bases],
        "last": ast.unparse(members[-1]),
        "suffix": last[len(ast.unparse(members[-1].targets[0])) :],
        "ends with a member": files.body[-1] is members[-1],
        "then": ast.unparse(tree.common.body[index + 1]),
        "gemm modes": [ast.unparse(node) for node in gemm],
        "16 bit": {
            name: ast.unparse(next(n for n in class_of(tree.common, name).body if isinstance(n, ast.Assign)))
            for name in ("GEMMQuantMode", "MoEQuantMode", "FMHAQuantMode", "KVCacheQuantMode")
        },
        "member map": any("_member_map_" in ast.unparse(node) for node in tree.common.body),
        "backends": ast.unparse(class_of(tree.common, "BackendName").body[-1]),
    }


def _loader_idiom(loader: ast.FunctionDef) -> dict[str, Any]:
    calls = [node for node in ast.walk(loader) if isinstance(node, ast.Call)]
    called = {ast.unparse(call.func) for call in calls}
    return {
        "parameters": parameters(loader),
        "reader": sorted(called & {"_read_filtered_rows", "csv.DictReader", "os.path.exists"}),
        "missing": sorted(name for name in called if name in ("logger.warning", "logger.debug")),
    }


def database_anchors(tree: Checkout) -> dict[str, Any]:
    """Loaders, the constructor's milestones, helpers and queries of `perf_database.py`."""
    body = tree.database.body
    loaders = [
        i for i, n in enumerate(body) if isinstance(n, ast.FunctionDef) and re.fullmatch(r"load_\w+_data", n.name)
    ]
    position = body.index(tree.perf_database)
    methods = methods_of(tree.perf_database)
    answers: dict[str, Any] = {
        "names": sorted(bound_names(body) & set(MODULE_NAMES)),
        "after the loaders": getattr(body[loaders[-1] + 1], "name", None) if loaders else None,
        "after the class": ast.unparse(body[position + 1].test) if isinstance(body[position + 1], ast.If) else None,
        "module ends": type(body[-1]).__name__,
        "helpers": {name: parameters(methods[name]) for name in HELPERS if name in methods},
        "queries": {
            name: [parameters(methods[name]), [ast.unparse(d) for d in methods[name].decorator_list]]
            for name in QUERIES
        },
    }
    gemm = next((n for n in body if isinstance(n, ast.FunctionDef) and n.name == "load_gemm_data"), None)
    answers["loader"] = _loader_idiom(gemm) if gemm else None
    wrapper = next((n for n in body if isinstance(n, ast.ClassDef) and n.name == "LoadedOpData"), None)
    answers["wrapper"] = [ast.unparse(wrapper.bases[0]), sorted(methods_of(wrapper))] if wrapper else None
    errors = [n for n in body if isinstance(n, ast.ClassDef) and n.name == "PerfDataNotAvailableError"]
    answers["own error class"] = bool(errors)
    return answers | {"constructor": _constructor(tree), "func_map": _func_map(tree), "matrix": _matrix(tree)}


def _constructor(tree: Checkout) -> dict[str, Any]:
    statements = tree.init.body
    texts = [ast.unparse(node) for node in statements]
    corrections = [i for i, text in enumerate(texts) if text == "self._correct_data()"]
    answers: dict[str, Any] = {
        "parameters": parameters(tree.init),
        "ends": texts[-1],
        "corrections": len(corrections),
        "metrics cache": any("self._extracted_metrics_cache" in text for text in texts),
    }
    if len(corrections) == 2:
        before = statements[corrections[0] - 1]
        between = statements[corrections[0] + 1 : corrections[1]]
        answers["before the first"] = type(before).__name__
        answers["between"] = sorted({type(node).__name__ for node in between})
        answers["guard"] = _guard(next(node for node in between if isinstance(node, ast.If)))
        chain = [n for n in statements if isinstance(n, ast.If) and "backend ==" in ast.unparse(n.test)]
        answers["backend branches"] = [[ast.unparse(node.test), bool(node.orelse)] for node in chain]
        answers["direct"] = any("= load_" in text for text in texts)
        answers["data_dir"] = "data_dir" in bound_names(statements)
    return answers


def _guard(node: ast.If) -> str:
    text = ast.unparse(node.test)
    return "is not None" if "is not None" in text else "getattr" if "getattr" in text else "truth"


def _func_map(tree: Checkout) -> dict[str, Any] | None:
    nested = [node for node in tree.init.body if isinstance(node, ast.FunctionDef)]
    loader = next((node for node in nested if node.name == "_load_op_data"), None)
    if loader is None:
        return None
    table = next(n for n in loader.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "func_map")
    assert isinstance(table.value, ast.Dict)
    calls = [node for node in ast.walk(loader) if isinstance(node, ast.Call)]
    call = next(n for n in calls if ast.unparse(n.func) in ("load_fn", "func_map[op_filename_enum]"))
    return {
        "first statement": loader.body[0] is table,
        "keys": sorted({type(key).__name__ + " " + ast.unparse(key).split(".")[0] for key in table.value.keys if key}),
        "values": sorted({type(value).__name__ for value in table.value.values}),
        "a loader gets": [ast.unparse(argument) for argument in call.args],
        "wrap": any(isinstance(n, ast.FunctionDef) and n.name == "_wrap_data_dict" for n in loader.body),
    }


def _matrix(tree: Checkout) -> list[Any] | None:
    method = methods_of(tree.perf_database).get("_update_support_matrix")
    if method is None:
        return None
    answers = []
    node: ast.stmt | None = next(n for n in method.body if isinstance(n, ast.If))
    while isinstance(node, ast.If):
        table = next(n for n in node.body if isinstance(n, ast.Assign) and isinstance(n.value, ast.Dict))
        assert isinstance(table.value, ast.Dict)
        values = {string_of(k): type(v).__name__ for k, v in zip(table.value.keys, table.value.values, strict=True)}
        kept = {name: values.get(name) for name in ("gemm", "context_mla", "generation_mla", "mla_bmm")}
        answers.append([ast.unparse(node.test), ast.unparse(table.targets[0]), kept])
        node = node.orelse[0] if len(node.orelse) == 1 else None
    return answers


def operation_anchors(tree: Checkout) -> dict[str, Any]:
    """Where operations live, and what constructing one takes."""
    modules = tree.modules("operations")
    single = "operations.py" in modules
    inits = {}
    for module in modules.values():
        for node in module.body:
            if isinstance(node, ast.ClassDef) and node.name in EXACT_OPS and "__init__" in methods_of(node):
                inits[node.name] = parameters(method_of(node, "__init__"))
    answers: dict[str, Any] = {"package": not single, "constructors": inits}
    if single:
        body = modules["operations.py"].body
        answers["ends"] = type(body[-1]).__name__
        answers["names"] = sorted(bound_names(body) & {"common", "PerfDatabase", "PerformanceResult", "logger"})
    return answers


def _members(cls: ast.ClassDef) -> dict[str, Any]:
    """A class's own names: what it assigns, and its methods' parameters and decorators."""
    found: dict[str, Any] = {}
    for node in cls.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            found[ast.unparse(target)] = type(node.value).__name__
        elif isinstance(node, ast.FunctionDef):
            found[node.name] = [parameters(node), [ast.unparse(decorator) for decorator in node.decorator_list]]
    return found


def owned_anchors(tree: Checkout) -> dict[str, Any] | None:
    """What operations own where each has its table: None for a tree whose database reads them all."""
    modules = tree.modules("operations")
    if "operations.py" in modules:
        return None
    exports = modules["operations/__init__.py"].body
    everything = {n.name: n for module in modules.values() for n in module.body if isinstance(n, ast.ClassDef)}
    helpers = {n.name: n for n in modules["operations/util_empirical.py"].body if isinstance(n, ast.FunctionDef)}
    forwards = {}
    for name in ("query_context_mla", "query_generation_mla", "query_mla_bmm"):
        last = methods_of(tree.perf_database)[name].body[-1]
        assert isinstance(last, ast.Return) and isinstance(last.value, ast.Call)
        forwards[name] = [ast.unparse(last.value.func), ast.unparse(last.value.args[0])]
    matrix = class_of(tree.database, "_LazySupportMatrix")
    keys = next(n for n in matrix.body if isinstance(n, ast.AnnAssign) and ast.unparse(n.target) == "_BACKEND_KEYS")
    assert isinstance(keys.value, ast.Dict)
    resolve = method_of(matrix, "_resolve")
    return {
        "exports": [type(node).__name__ for node in exports if ast.unparse(node).startswith("__all__")],
        "imports": sorted(
            {
                node.module.rsplit(".", 1)[0]
                for node in exports
                if isinstance(node, ast.ImportFrom) and node.module and ".operations." in node.module
            }
        ),
        "members": {
            name: _members(everything[name]) for name in ("ContextMLA", "GenerationMLA", "MLABmm", "Operation")
        },
        "helpers": {
            name: parameters(helpers[name])
            for name in ("require_data_slice", "grid_for", "estimate")
            if name in helpers
        },
        "loaders": {
            n.name: path
            for path, m in modules.items()
            for n in m.body
            if isinstance(n, ast.FunctionDef)
            and n.name
            in ("load_context_mla_data", "load_generation_mla_data", "load_mla_bmm_data", "_read_filtered_rows")
        },
        "forwards": forwards,
        "matrix": [
            ast.unparse(keys.annotation),
            [string_of(k) for k in keys.value.keys],
            type(keys.value.values[0]).__name__,
        ],
        "resolve": [
            ast.unparse(resolve.body[0]),
            sorted({ast.unparse(n.test).split("==")[0] for n in resolve.body if isinstance(n, ast.If)}),
        ],
    }


def gate_anchors(tree: Checkout) -> dict[str, Any] | None:
    """The places beside the op's own that refuse an op they do not know; None where there are none."""
    if not (tree.sdk / "afd_partition.py").is_file():
        return None
    engine = tree.parse(tree.sdk / "engine.py")
    convert = next(n for n in engine.body if isinstance(n, ast.FunctionDef) and n.name == "_to_opspec")
    partition = tree.parse(tree.sdk / "afd_partition.py")
    plan = next(n for n in partition.body if isinstance(n, ast.FunctionDef) and n.name == "build_afd_ops_partition")
    return {
        "convert": [parameters(convert), ast.unparse(convert.body[-1])[:24]],
        "conversions": sorted({ast.unparse(n.test).split("(")[0] for n in convert.body if isinstance(n, ast.If)}),
        "partition": parameters(plan)[:2],
        "errors": [
            ast.unparse(class_of(partition, "AFDPartitionError").bases[0]),
            ast.unparse(class_of(engine, "OpConversionError").bases[0]),
        ],
    }


def backend_anchors(tree: Checkout) -> dict[str, Any]:
    """What backends pass to an op, and which names mixed steps look for."""
    base = tree.parse(tree.sdk / "backends" / "base_backend.py")
    trtllm = tree.parse(tree.sdk / "backends" / "trtllm_backend.py")
    passed = {}
    for call in (n for n in ast.walk(base) if isinstance(n, ast.Call) and ast.unparse(n.func) == "op.query"):
        keywords = [keyword.arg for keyword in call.keywords]
        values = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        if None not in keywords:
            phase = "generation" if "isl" in values.get("s", "") and "+" in values["s"] else "context"
            passed[phase] = {"keywords": keywords, "s": values.get("s"), "beam_width": values.get("beam_width")}
    named = {
        text
        for module in (base, trtllm)
        for node in ast.walk(module)
        if (text := string_of(node if isinstance(node, ast.Constant) else None))
        in ("context_attention", "generation_attention", "logits_gemm")
    }
    owners = [
        name
        for name, module in (("base_backend", base), ("trtllm_backend", trtllm))
        if any(n.name == "run_agg" and len(n.body) > 2 for n in ast.walk(module) if isinstance(n, ast.FunctionDef))
    ]
    weighed = [
        ast.unparse(node.iter)
        for module in (base, trtllm)
        for node in ast.walk(module)
        if isinstance(node, ast.For) and "weights += op.get_weights()" in ast.unparse(node)
    ]
    return {"passed": passed, "mixed step names": sorted(named), "run_agg": owners, "weights": sorted(set(weighed))}


def result_anchors(tree: Checkout) -> list[str]:
    result = class_of(tree.parse(tree.sdk / "performance_result.py"), "PerformanceResult")
    return parameters(method_of(result, "__init__"))


def nearest_anchors(tree: Checkout) -> list[str]:
    """What the bracket helper asserts of its values, wherever it lives."""
    modules = [tree.database]
    if (tree.sdk / "interpolation.py").is_file():
        modules.append(tree.parse(tree.sdk / "interpolation.py"))
    return sorted(
        ast.unparse(node.test)
        for module in modules
        for function in ast.walk(module)
        if isinstance(function, ast.FunctionDef) and function.name.endswith("nearest_1d_point_helper")
        for node in ast.walk(function)
        if isinstance(node, ast.Assert)
    )


def data_anchors(tree: Checkout) -> dict[str, Any]:
    """Keys of the system file that formulas use."""
    systems = tree.package / "systems"
    spec = yaml.safe_load((systems / "h200_sxm.yaml").read_text(encoding="utf-8"))
    return {"gpu": sorted(spec["gpu"]), "data_dir": spec["data_dir"], "nccl": isinstance(spec["misc"], dict)}


def suite_anchors(tree: Checkout) -> dict[str, Any] | None:
    """The upstream test tree's hook for loaders; None for a tree that came without its tests."""
    folder = tree.root / "tests" / "unit" / "sdk" / "database"
    if not folder.is_dir():
        return None
    answers: dict[str, Any] = {"package": (folder / "__init__.py").is_file()}
    if (folder / "conftest.py").is_file():
        for node in tree.parse(folder / "conftest.py").body:
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "_LOADER_STUBS":
                assert isinstance(node.value, ast.Dict)
                first = node.value.values[0]
                answers["stubs"] = [ast.unparse(node.annotation), type(first).__name__]
    return answers


def lint_anchors(tree: Checkout) -> dict[str, Any] | None:
    """The lint profile; None for a tree that came without it, and where this Python cannot read TOML."""
    project = tree.root / "pyproject.toml"
    if tomllib is None or not project.is_file():
        return None
    ruff = tomllib.loads(project.read_text(encoding="utf-8")).get("tool", {}).get("ruff")
    if ruff is None:
        return None
    lint = ruff["lint"]
    return {
        "line": ruff["line-length"],
        "target": ruff["target-version"],
        "select": sorted(lint["select"]),
        "ignore": sorted(lint["ignore"]),
        "first party": lint["isort"]["known-first-party"],
    }


GROUPS = {
    "enums": enum_anchors,
    "database": database_anchors,
    "operations": operation_anchors,
    "owned": owned_anchors,
    "gates": gate_anchors,
    "models": model_anchors,
    "backends": backend_anchors,
    "result": result_anchors,
    "nearest": nearest_anchors,
    "data": data_anchors,
    "tests": suite_anchors,
    "lint": lint_anchors,
}


def all_anchors(root: Path) -> dict[str, Any]:
    tree = Checkout(root)
    return {name: group(tree) for name, group in GROUPS.items()}
