"""Models that may ask for quant modes without kernels, in a file without a logger."""

from __future__ import annotations

from wiring.toy import common, config, ops


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

        self.context_ops.append(ops.Embedding("context_embedding", 1, new_op_mode))
        # attention
        self.context_ops.extend(
            [
                ops.GEMM("context_qkv", self._num_layers, gemm_quant_mode),
                ops.Attention("context_attention", self._num_layers, self.config.kvcache_quant_mode),
            ]
        )
