"""Lists that are started anew after the constructor, added up, made by helpers or by a property's setter."""

from wiring.toy import config, ops


class BaseModel:
    def __init__(self, architecture: str = "Toy", settings: config.ModelConfig | None = None, layers: int = 8) -> None:
        self.architecture = architecture
        self.config = settings or config.ModelConfig()
        self.context_ops = []
        self.generation_ops = []
        self._num_layers = layers
        self._width = 64


class BuilderModel(BaseModel):
    def __init__(self, *args) -> None:
        super().__init__(*args)
        self._mtp_scale_factor = 0.5
        self.context_ops.append(ops.Embedding("context_lost", 1))
        self._build_context_ops()
        self._build_generation_ops()

    def _ffn(self, prefix: str, count: float) -> list:
        return [ops.GEMM(f"{prefix}_up", count), ops.GEMM(f"{prefix}_down", count)]

    def _router(self, count: float) -> list:
        return [
            ops.GEMM("context_router", count),
            ops.Dispatch("context_dispatch", count),
        ]

    def _mlp(self, prefix: str, count: float) -> list:
        ops_list = [
            *(
                [ops.ContextOne("one_first", count, width=self._width, layers=3)]
                if prefix == "context_tail" and self.config.tp_size > 0
                else []
            ),
            ops.ElementWise(f"{prefix}_norm", count),
        ]
        if self._width > 32:
            ops_list.extend(
                [
                    ops.GEMM(f"{prefix}_gate", count),
                    *(
                        [ops.GenerationOne("generation_one", 2 * count, width=self._width, layers=3)]
                        if prefix == "generation_tail"
                        else []
                    ),
                    *(
                        [ops.ContextOne("context_one", count, width=self._width, layers=3)]
                        if prefix == "context_tail"
                        else []
                    ),
                    ops.GenerationOne("one_instead", count, width=self._width, layers=3)
                    if prefix == "generation_more"
                    else ops.ContextOne("one_below", count, width=self._width, layers=3)
                    if prefix == "context_tail"
                    else ops.GEMM(f"{prefix}_down", count),
                ]
            )
        return ops_list

    def _build_context_ops(self) -> None:
        counts = {"global": self._num_layers // 2, "local": self._num_layers // 2}
        self.context_ops = [ops.Embedding("context_embedding", 1)]
        for kind, count in counts.items():
            if count > 0:
                c = count
                self.context_ops.extend(
                    [
                        ops.ElementWise(f"context_{kind}_norm", c),
                        ops.Attention("context_attention", c),
                    ]
                    + self._ffn(f"context_{kind}", c)
                    + self._router(c)
                )
        self.context_ops.extend(self._mlp("context_tail", self._num_layers))

    def _build_generation_ops(self) -> None:
        sf = self._mtp_scale_factor
        c = self._num_layers * sf
        self.generation_ops = []
        self.generation_ops.extend(
            [
                ops.Attention("generation_attention", c),
                ops.GEMM("generation_logits", 1 * sf),
            ]
            + self._mlp("generation_tail", c)
            + self._mlp("generation_more", c)
        )


class SetterModel(BaseModel):
    @property
    def context_ops(self) -> list:
        return self._context_ops

    @context_ops.setter
    def context_ops(self, blocks: list) -> None:
        self._context_ops = []
        if blocks:
            w = self._width
            self._context_ops.append(ops.Embedding("context_embedding", 1, w))
            for block in blocks:
                count = block
                if count > 1:
                    self._context_ops.extend(
                        [
                            ops.ElementWise("context_norm", count, w),
                            ops.Attention("context_attention", count, w),
                        ]
                    )
