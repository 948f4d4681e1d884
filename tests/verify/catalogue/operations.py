"""`Operation` classes: what they hand on, and what they make of the answer."""

from __future__ import annotations

from .base import OPS, one

OPERATIONS = (
    one(
        "s-is-x", "T4: the number of tokens is handed on as the length", "new_op",
        (OPS, "ContextNewOp", ', kwargs["s"]', ', kwargs["x"]'), "s-is-x",
    ),
    one(
        "b-is-x", "T4: batch times beam is handed on as the batch, and beams are not refused", "new_op",
        (OPS, "GenerationNewOp", "        if beam_width != 1:\n", "        if beam_width < 1:\n"), "beam-not-refused",
    ),
    one(
        "operation-axes-swapped", "batch and length change places", "new_op",
        (OPS, "GenerationNewOp", '(kwargs["batch_size"], kwargs["s"]', '(kwargs["s"], kwargs["batch_size"]'),
        "axes-swapped",
    ),
    one(
        "operation-drops-prefix", "T5: the prefix is not handed on", "latent_attention",
        (OPS, "ContextLatentAttention", 'kwargs.get("prefix", 0)', "0"), "prefix-ignored",
    ),
    one(
        "scale-dropped", "the result is that of one layer", "new_op",
        (OPS, "ContextNewOp", "PerformanceResult(float(result) * self._scale_factor, energy=result.energy * self._scale_factor)",
         "PerformanceResult(float(result), energy=result.energy)"),
        "scale-dropped",
    ),
    one(
        "energy-unscaled", "the energy is that of one layer", "new_op_tokens",
        (OPS, "GenerationNewOpTokens", "energy=result.energy * self._scale_factor", "energy=result.energy"), "energy-unscaled",
    ),
    one(
        "weights-wrong-size", "weights are counted at one byte", "new_op",
        (OPS, "ContextNewOp", "param1 * param2 * 2", "param1 * param2"), "weights-wrong",
    ),
    one(
        "weights-unscaled", "weights are those of one layer", "new_op",
        (OPS, "ContextNewOp", "return self._weights * self._scale_factor", "return self._weights"), "weights-unscaled",
    ),
    one(
        "tokens-without-batch", "a token-equivalent op is asked for the length", "new_op_tokens",
        (OPS, "ContextNewOpTokens", 'kwargs["x"]', 'kwargs["s"]'), "x-wrong",
    ),
)  # fmt: skip
