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
                # looks up tokens
                ops.Embedding("context_embedding", 1, w),
                ops.ContextOne("context_one", self._num_layers, width=self._width, layers=3),  # before attention
                # attention itself:
                # two lines about it
                ops.ContextOne("context_attention", self._num_layers, width=self._width, layers=3)
                if self.architecture == "Toy"
                else ops.Attention(
                    "context_attention",
                    self._num_layers,
                    w,
                ),
                ops.ContextTwo("context_two", self._num_layers, width=self._width, layers=3)
                if self.architecture == "Other" or self.config.tp_size > 8
                else ops.GEMM("context_proj", self._num_layers, w, w),
                # the end of the list
            ]
        )

        # a lone element that is too long for one line, and therefore has no comma
        self.context_ops.extend(
            [
                ops.ContextOne("one_logits", 1, width=self._width, layers=3),
            ]
        )


class OneLineModel(BaseModel):
    def __init__(self, *args) -> None:
        super().__init__(*args)
        self.context_ops = [
            ops.ContextOne("context_one", 1, width=self._width, layers=3)
            if self.architecture == "Other"
            else ops.Embedding("context_embedding", 1, self._width)
        ]
        self.context_ops.extend(
            [
                ops.ContextTwo(
                    "context_two",
                    self._num_layers,
                    width=self._width * 1000,
                    layers=self._num_layers // self.config.tp_size,
                ),
                ops.GEMM("context_down", self._num_layers),
            ]
        )
        self.context_ops += [ops.GEMM("context_logits", 1), ops.ContextTwo("two_p2p", 0, width=self._width, layers=3)]
