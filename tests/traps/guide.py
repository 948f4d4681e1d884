"""What the hand-written guide tells you to insert, for the op of `specs/new_op.yaml`: the control of the trap tests.

Each text is the guide's own, put where the guide says. A trap test shows what it does in a release, and that the
generated op does not.
"""

from __future__ import annotations

from pathlib import Path

MEMBERS = """\
    new_op_context = "new_op_context_perf.txt"
    new_op_generation = "new_op_generation_perf.txt"
"""

LOADER = """

def load_new_op_data(new_op_file):
    if not os.path.exists(new_op_file):
        logger.warning("New-op data file %s not found.", new_op_file)
        return None

    data = defaultdict(lambda: defaultdict(lambda: defaultdict(lambda: defaultdict(dict))))

    with open(new_op_file, encoding="utf-8") as f:
        reader = csv.DictReader(f)
        rows = list(reader)

    has_power = len(rows) > 0 and "power" in rows[0]
    for row in rows:
        param1 = int(row["param1"])
        param2 = int(row["param2"])
        b = int(row["batch_size"])
        s = int(row["seq_len"])
        latency = float(row["latency"])
        power = float(row.get("power", 0.0)) if has_power else 0.0
        energy = power * latency

        data[param1][param2][b][s] = {"latency": latency, "power": power, "energy": energy}

    return data

"""

LOAD = """
        self._new_op_data = load_new_op_data(
            os.path.join(data_dir, common.PerfDataFilename.new_op_context.value)
        )
"""

INTERPOLATE = """
        if self._new_op_data is not None:
            for param1 in self._new_op_data:
                data_dict = self._new_op_data[param1]
                self._new_op_data[param1] = interp_3d(data_dict, [32, 64], [1, 2, 4], [16, 64, 256])
"""

QUERY = """
    def query_new_op(
        self,
        b: int,
        s: int,
        param1: int,
        param2: int,
        database_mode: common.DatabaseMode | None = None,
    ):
        def get_sol(b, s, param1, param2):
            flops = b * s * param1 * param2 * 2
            sol_math = flops / self.system_spec["gpu"]["float16_tc_flops"] * 1000

            mem_bytes = b * s * (param1 + param2) * 2
            sol_mem = mem_bytes / self.system_spec["gpu"]["mem_bw"] * 1000
            return max(sol_math, sol_mem), sol_math, sol_mem

        def get_empirical(b, s, param1, param2):
            return get_sol(b, s, param1, param2)[0] / 0.7

        if database_mode is None:
            database_mode = self._default_database_mode

        if database_mode == common.DatabaseMode.SOL:
            return PerformanceResult(get_sol(b, s, param1, param2)[0], energy=0.0)
        elif database_mode == common.DatabaseMode.SOL_FULL:
            return get_sol(b, s, param1, param2)
        elif database_mode == common.DatabaseMode.EMPIRICAL:
            return PerformanceResult(get_empirical(b, s, param1, param2), energy=0.0)
        else:
            try:
                if self._new_op_data is None:
                    raise PerfDataNotAvailableError("New-op data not loaded.")

                result = self._interp_3d(param2, b, s, self._new_op_data[param1], "cubic")
                return PerformanceResult(result["latency"], energy=result.get("energy", 0.0))
            except Exception:
                if database_mode == common.DatabaseMode.HYBRID:
                    return PerformanceResult(get_empirical(b, s, param1, param2), energy=0.0)
                raise
"""

OPERATIONS = """

class ContextNewOp(Operation):
    def __init__(self, name: str, scale_factor: float, param1: int, param2: int) -> None:
        super().__init__(name, scale_factor)
        self._param1 = param1
        self._param2 = param2
        self._weights = param1 * param2 * 2

    def query(self, database, **kwargs):
        x = kwargs.get("x")
        result = database.query_new_op(
            b=kwargs.get("batch_size", 1),
            s=x,
            param1=self._param1,
            param2=self._param2,
        )
        return PerformanceResult(
            latency=float(result) * self._scale_factor,
            energy=result.energy * self._scale_factor,
        )

    def get_weights(self, **kwargs):
        return self._weights * self._scale_factor


class GenerationNewOp(Operation):
    def __init__(self, name: str, scale_factor: float, param1: int, param2: int) -> None:
        super().__init__(name, scale_factor)
        self._param1 = param1
        self._param2 = param2
        self._weights = param1 * param2 * 2

    def query(self, database, **kwargs):
        result = database.query_new_op(
            b=kwargs.get("x"),
            s=kwargs.get("s"),
            param1=self._param1,
            param2=self._param2,
        )
        return PerformanceResult(
            latency=float(result) * self._scale_factor,
            energy=result.energy * self._scale_factor,
        )

    def get_weights(self, **kwargs):
        return self._weights * self._scale_factor
"""


def insert(sdk: Path, *, interpolate: bool = False, load: str = LOAD) -> None:
    """Puts the guide's text into a release of the flat layouts, by hand as a contributor would."""
    common = sdk / "common.py"
    text = common.read_text(encoding="utf-8")
    enum = text.index("class PerfDataFilename")
    end = text.index("\n\n\n", enum) + 1
    common.write_text(text[:end] + MEMBERS + text[end:], encoding="utf-8")

    database = sdk / "perf_database.py"
    text = database.read_text(encoding="utf-8")
    first = text.index("        self._correct_data()")
    second = text.index("        self._correct_data()", first + 1)
    main = text.index('\n\nif __name__ == "__main__"')
    owner = next(
        text.index(f"\n\nclass {name}") for name in ("LoadedOpData", "PerfDatabase") if f"\nclass {name}" in text
    )
    text = (
        text[:owner] + LOADER.rstrip("\n") + "\n" + text[owner:first] + load.lstrip("\n") + text[first:second]
        + (INTERPOLATE.lstrip("\n") if interpolate else "") + text[second:main] + QUERY + text[main:]
    )  # fmt: skip
    database.write_text(text, encoding="utf-8")
    operations = sdk / "operations.py"
    operations.write_text(operations.read_text(encoding="utf-8") + OPERATIONS, encoding="utf-8")
