"""Every trap, planted: what is changed in the sound op, and what doctor has to call it."""

from __future__ import annotations

from doctor.planting import BRANCH, READ_SOURCES, READ_TEXT, Trap

FLAT = ("v0_6", "v0_8", "v0_9")
OWNED = ("v0_10", "v0_11")
ALL = (*FLAT, *OWNED)
FEW = ("v0_6", "v0_11")
TAGGED = ("v0_9", *OWNED)

TRAPS = (
    Trap("duplicate-member", "member", "\n", '\n    kelp_swirl = "kelp_stir_perf.SUFFIX"\n', FEW),
    Trap("unloaded-member", "member", "\n", '\n    kelp_drift = "kelp_drift_perf.SUFFIX"\n', FEW),
    # rows
    Trap("lost-rows", "loader", "lambda: defaultdict())))", "lambda: defaultdict(dict))))", ALL),
    Trap("lost-rows", "loader", "    for row in rows:\n", "    table = defaultdict(lambda: defaultdict(lambda: defaultdict(lambda: defaultdict(lambda: None))))\n    for row in rows:\n", ("v0_8",)),
    Trap("last-row-wins", "loader", "        try:\n            table[tide][width][b][s]\n        except KeyError:\n            table", "        table", ALL),
    Trap("last-row-wins", "loader", "for row in rows:", "for row in reversed(rows):", ("v0_8", "v0_10")),
    Trap("last-row-wins", "loader", "        except KeyError:\n            table", "        except KeyError:\n            logger.debug('new')\n        table", ("v0_9",)),
    # power and energy
    Trap("leaf-without-energy", "loader", ', "energy": power * latency', "", FEW),
    Trap("leaf-without-power", "loader", '"power": power, ', "", FLAT),
    Trap("power-of-first-row", "loader", "    for row in rows:\n", '    metered = bool(rows) and "power" in rows[0]\n    for row in rows:\n        _ = float(row.get("power", 0.0)) if metered else 0.0\n', TAGGED),
    Trap("energy-not-interpolated", "body", "result = LOOKUP", "row = below.get(b, {})\n            left, right = self._nearest_1d_point_helper(full, list(row), False)\n            result = self._interp_1d([left, right], [row[left], row[right]], full)", FLAT),
    Trap("energy-not-extrapolated", "grid", 'leaf.setdefault("energy", leaf["power"] * leaf["latency"])', 'leaf.setdefault("power", 0.0)', FLAT),
    # keys
    Trap("key-made-on-lookup", "body", "table.get(tide, {}).get(width) if table else None", "table[tide][width] if table else None", ("v0_6", "v0_8", "v0_9")),
    Trap("unwrapped-result", "body", 'return PerformanceResult(result["latency"], energy=result.get("energy", 0.0))\n\n        if', "return result\n\n        if", FLAT),
    Trap("axis-order", "body", "LOOKUP", "self._interp_2d_linear(full, b, below)", FLAT),
    Trap("axis-depth", "body", "LOOKUP", 'self._interp_3d(width, b, full, below, "cubic")', FLAT),
    Trap("stale-cache", "body", "LOOKUP", "self._interp_2d_linear(b, full, {k: v for k, v in below.items()})", FLAT),
    # modes
    Trap("missing-mode", "body", "        elif database_mode == common.DatabaseMode.SOL_FULL:\n            return get_sol()\n", "", FEW),
    Trap("missing-mode", "body", "            if database_mode == common.DatabaseMode.HYBRID:\n                return PerformanceResult(get_empirical(), energy=0.0EMPIRICAL_TAG)\n", "", ("v0_8", "v0_10")),
    Trap("mode-not-implemented", "body", "            return get_sol()[0] / 0.7", '            raise NotImplementedError("kelp")', FEW),
    Trap("untagged-result", "body", "energy=0.0EMPIRICAL_TAG)\n            raise", "energy=0.0)\n            raise", TAGGED),
    Trap("untagged-result", "operations", "REBUILT_TAG", "", TAGGED),
    Trap("missing-gpu-key", "body", "BITS_tc_flops", "float48_tc_flops", FEW),
    # registration
    Trap("unmapped-member", "map", "PerfDataFilename.kelp_stir: load_kelp_stir_data,\n", "PerfDataFilename.gemm: load_kelp_stir_data,\n", ("v0_8", "v0_9")),
    Trap("unregistered-loader", "map", "PerfDataFilename.kelp_stir: load_kelp_stir_data,\n", "PerfDataFilename.kelp_stir: load_gemm_data,\n", ("v0_8", "v0_9")),
    Trap("unassigned-table", "request", "_kelp_stir_data", "_kelp_stirred_data", ("v0_8", "v0_9")),
    Trap("wrong-input", "loader", "READ\n", READ_TEXT, TAGGED),
    # names
    Trap("undefined-name", "body", "LOOKUP", "interp_3d(b, full, width, below)", ("v0_8", "v0_10")),
    Trap("missing-method", "body", "SELF._kelp_stir_data\n", "SELF._kelp_table_of(tide)\n", FEW),
    Trap("missing-enum-member", "body", "full = s + prefix\n", "full = s + prefix\n        mode = common.GEMMQuantMode.float12\n", FEW),
    Trap("stored-none", "grid", "self._extrapolate_data_grid(by_width", "self._kelp_stir_data[0] = self._extrapolate_data_grid(by_width", FLAT),
    # operations
    Trap("batch-counted-twice", "operations", 's=kwargs["s"], prefix=kwargs["prefix"]', 's=kwargs["x"], prefix=kwargs["prefix"]', FEW),
    Trap("beams-ignored", "operations", '        if kwargs.get("beam_width") != 1:\n            raise ValueError("one beam only")\n', "", ("v0_8", "v0_10")),
    Trap("prefix-ignored", "operations", 'prefix=kwargs["prefix"]', "prefix=0", ("v0_8", "v0_10")),
    Trap("missing-query", "operations", "database.query_kelp_stir(", "database.query_kelp_stirred(", FEW),
    # models
    Trap("step-factor-missing", "model", '"generation_attention", layers, 8', '"generation_attention", self._num_layers, 8', ("v0_8", "v0_10")),
    Trap("erased-wiring", "model", "        self._layers = layers\n", "        self.context_ops = []\n        for _ in layers:\n            self.context_ops.append(ops.P2P('kelp_send', 1, 8, 1))\n", FEW),
    Trap("merged-in-mixed-steps", "model", '"context_attention"', '"context_kelp"', FEW),
    Trap("uncounted-weights", "operations", "        self._width = width\n\n    def query(self, database, **kwargs):\n        if", "        self._width = width\n        self._weights = 2 * width * width\n\n    def query(self, database, **kwargs):\n        if", ("v0_8", "v0_10")),
    # how queries are asked, and what is logged
    Trap("uncached-query", "query", "    @functools.lru_cache(maxsize=32768)\n", "", FLAT),
    Trap("uncached-query", "owned_query", "    @functools.lru_cache(maxsize=32768)\n", "", OWNED),
    Trap("unhashable-argument", "operations", 'tide="ebb"', 'tide=["ebb"]', FEW),
    Trap("unhashable-argument", "operations", "self._width = width\n", "self._width = [w for w in (width,)]\n", ("v0_8", "v0_10")),
    Trap("warns-without-file", "loader", "READ\n", READ_TEXT.replace("logger.debug", "logger.warning"), ("v0_8",)),
    Trap("warns-without-file", "loader", "READ\n", READ_SOURCES.replace("        return None", '        logger.warning("no kelp in %s", kelp_file)\n        return None'), TAGGED),
    # gates
    Trap("parts-refused", "model", '"context_attention", self._num_layers, 8', '"context_attention", self._num_layers, 8, seq_split=self._cp', OWNED),
    Trap("unconverted-op", "branch", BRANCH, "", OWNED),
)  # fmt: skip
