"""What runs in a patched checkout: queries are asked, nothing is judged. Standard library and the checkout only.

    python inside.py REQUEST.json ANSWER.json

The request names a systems root, databases to open on it and, per op, its query methods with their points, its
`Operation` classes with the kwargs to make them by, and modules to import. A quant mode is `{"quant": [enum, name]}`.
"""

import importlib
import json
import logging
import sys


def main():
    with open(sys.argv[1], encoding="utf-8") as stream:
        request = json.load(stream)
    logging.disable(logging.CRITICAL)
    common = importlib.import_module("aiconfigurator.sdk.common")
    perf_database = importlib.import_module("aiconfigurator.sdk.perf_database")
    operations = importlib.import_module("aiconfigurator.sdk.operations")
    for name in request["modules"]:
        importlib.import_module(name)
    databases = [
        perf_database.PerfDatabase(name, "trtllm", "1.0.0", request["systems"]) for name in request["databases"]
    ]
    modes = common.DatabaseMode
    answer = {
        "helper": any(hasattr(one, "_get_quant_tc_flops") for one in (perf_database.PerfDatabase, operations.GEMM)),
        "quants": {
            enum: {mode.name: [mode.value.memory, mode.value.compute] for mode in getattr(common, enum)}
            for enum in request["enums"]
        },
        "ops": [],
    }

    def decoded(value):
        if not isinstance(value, dict):
            return value
        enum, name = value["quant"]
        members = getattr(common, enum).__members__
        return members[name if name in members else {"bfloat16": "float16", "float16": "bfloat16"}[name]]

    def asked(function, arguments):
        try:
            result = function(**arguments)
        except Exception as error:
            return {"error": type(error).__name__}
        return [float(v) for v in result] if isinstance(result, tuple) else float(result)

    for op in request["ops"]:
        told = {"queries": [], "weights": [], "missing": []}
        for query in op["queries"]:
            answers = []
            for number, point in enumerate(query["points"]):
                database = databases[number % len(databases)]
                method = getattr(database, query["method"])
                arguments = {name: decoded(value) for name, value in point.items()}
                answers.append(
                    [asked(method, {**arguments, "database_mode": mode}) for mode in (modes.SOL, modes.SOL_FULL)]
                )
            told["queries"].append(answers)
            # There is no table: what SILICON and EMPIRICAL make of that is the spec's own decision.
            arguments = {name: decoded(value) for name, value in query["usual"].items()}
            told["missing"].append(
                [asked(method, {**arguments, "database_mode": m}) for m in (modes.SILICON, modes.SOL)]
            )
        for name, params in op["classes"]:
            made = getattr(operations, name)("op", 2, **{n: decoded(v) for n, v in params.items()})
            told["weights"].append(asked(made.get_weights, {}))
        answer["ops"].append(told)
    with open(sys.argv[2], "w", encoding="utf-8") as stream:
        json.dump(answer, stream)


main()
