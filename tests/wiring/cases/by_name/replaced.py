"""Groups that a `FallbackOp` gets by the name of a local."""

from wiring.toy import config, ops


class BaseModel:
    def __init__(self, architecture: str = "Toy", settings: config.ModelConfig | None = None, layers: int = 8) -> None:
        self.architecture = architecture
        self.config = settings or config.ModelConfig()
        self.context_ops = []
        self.generation_ops = []
        self._num_layers = layers
        self._width = 64


class ByNameModel(BaseModel):
    def __init__(self, *args, module: bool = True) -> None:
        super().__init__(*args)
        w = self._width
        divisor = 2

        granular = [
            ops.GEMM("context_down", self._num_layers, w),
            ops.ContextOne("one_instead", self._num_layers / divisor, width=self._width, layers=3),
            ops.GEMM("context_proj", self._num_layers, w),
        ]
        if module:
            block = [
                ops.FallbackOp(
                    "context_block",
                    primary=ops.Module("context_module", self._num_layers, w),
                    fallback=granular,
                )
            ]
        else:
            block = granular
        self.context_ops.extend(
            [
                ops.ElementWise("context_norm", self._num_layers, w),
                *block,
                ops.ElementWise("context_norm_2", self._num_layers, w),
            ]
        )

        steps = [
            ops.MLA("generation_attention", self._num_layers, w),
            ops.GEMM("generation_proj", self._num_layers, w),
        ]
        self.generation_ops.append(
            ops.FallbackOp(
                "generation_block", primary=ops.Module("generation_module", self._num_layers, w), fallback=steps
            )
        )
