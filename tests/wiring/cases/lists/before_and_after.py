"""Op lists in the shapes that list literals take: several lines, one lone element, one line."""

from wiring.toy import config, ops


class BaseModel:
    def __init__(self, architecture: str = "Toy", settings: config.ModelConfig | None = None, layers: int = 8) -> None:
        self.architecture = architecture
        self.config = settings or config.ModelConfig()
        self.context_ops = []
        self.generation_ops = []
        self._num_layers = layers
        self._width = 64


class ListModel(BaseModel):
    def __init__(self, *args) -> None:
        super().__init__(*args)
        w = self._width
        self.context_ops.extend(
            [
                ops.ContextOne("context_one", 1, width=self._width, layers=3),
                # looks up tokens
                ops.Embedding("context_embedding", 1, w),
                ops.ElementWise("context_norm", self._num_layers, 2 * w, 2 * w),  # before attention
                ops.ContextOne("one_after", self._num_layers, width=self._width, layers=3),
                ops.ContextOne("one_before", self._num_layers, width=self._width, layers=3),
                # attention itself:
                # two lines about it
                ops.Attention(
                    "context_attention",
                    self._num_layers,
                    w,
                ),
                ops.GEMM("context_proj", self._num_layers, w, w),
                ops.ContextOne("one_last", self._num_layers, width=self._width, layers=3),
                # the end of the list
            ]
        )

        # a lone element that is too long for one line, and therefore has no comma
        self.context_ops.extend(
            [
                *([ops.ContextTwo("context_two", 1, width=self._width, layers=3)] if self.config.tp_size > 0 else []),
                ops.GEMM(
                    "context_logits",
                    1,
                    self._width * self._num_layers * self._width * self._num_layers,
                    self._width * self._num_layers,
                    low_precision_input=True,
                ),
                ops.ContextThree("context_three", 1, width=self._width, layers=3),
                ops.ContextTwo("two_after", 2 * self._num_layers, width=self._width, layers=3),
            ]
        )


class OneLineModel(BaseModel):
    def __init__(self, *args) -> None:
        super().__init__(*args)
        self.context_ops = [ops.Embedding("context_embedding", 1, self._width)]
        self.context_ops.extend([ops.GEMM("context_up", self._num_layers), ops.GEMM("context_down", self._num_layers)])
        self.context_ops += [ops.GEMM("context_logits", 1), ops.P2P("context_p2p", 0)]
