"""Models that may ask for quant modes without kernels, in a file without a logger."""

from __future__ import annotations

import logging

from wiring.toy import common, config, ops

logger = logging.getLogger(__name__)


class BaseModel:
    def __init__(self, architecture: str = "Toy", settings: config.ModelConfig | None = None, layers: int = 8) -> None:
        self.architecture = architecture
        self.config = settings or config.ModelConfig()
        self.context_ops = []
        self.generation_ops = []
        self._num_layers = layers
        self._width = 64


class QuantModel(BaseModel):
    MODE = common.GEMMQuantMode.float16

    def __init__(self, *args) -> None:
        super().__init__(*args)
        gemm_quant_mode = self.config.gemm_quant_mode
        new_op_mode = "another thing"

        self.context_ops.append(
            ops.ContextOne("one_fixed", 1, mode=common.GEMMQuantMode.fp8, kv=common.KVCacheQuantMode.fp8)
        )
        self.context_ops.append(ops.Embedding("context_embedding", 1, new_op_mode))
        own_new_op_mode = gemm_quant_mode
        if own_new_op_mode.name != "fp8":
            logger.info("new_op_first: no kernels for mode %s, using fp8", own_new_op_mode.name)
            own_new_op_mode = common.GEMMQuantMode.fp8
        self.context_ops.append(ops.ContextNewOp("new_op_first", 1, mode=own_new_op_mode))
        one_mode = gemm_quant_mode
        one_kv = self.config.kvcache_quant_mode
        if self.architecture == "Toy":
            if one_mode.name not in ("float16", "fp8"):
                logger.info("context_one: no kernels for mode %s, using float16", one_mode.name)
                one_mode = common.GEMMQuantMode.float16
            if one_kv.name != "fp8":
                logger.info("context_one: no kernels for kv %s, using fp8", one_kv.name)
                one_kv = common.KVCacheQuantMode.fp8
        own_new_op_mode = gemm_quant_mode
        if own_new_op_mode.name != "fp8" and (
            self.architecture == "Toy"
            or self.architecture == "AnotherRatherLongArchitectureName"
            or self.config.tp_size > 8
        ):
            logger.info("context_new_op: no kernels for mode %s, using fp8", own_new_op_mode.name)
            own_new_op_mode = common.GEMMQuantMode.fp8
        # attention
        self.context_ops.extend(
            [
                ops.GEMM("context_qkv", self._num_layers, gemm_quant_mode),
                *(
                    [ops.ContextNewOp("context_new_op", self._num_layers, mode=own_new_op_mode)]
                    if self.architecture == "Toy"
                    or self.architecture == "AnotherRatherLongArchitectureName"
                    or self.config.tp_size > 8
                    else []
                ),
                ops.Attention("context_attention", self._num_layers, self.config.kvcache_quant_mode),
                *(
                    [ops.ContextOne("context_one", self._num_layers, mode=one_mode, kv=one_kv)]
                    if self.architecture == "Toy"
                    else []
                ),
            ]
        )
