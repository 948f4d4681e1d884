"""Ops inside alternatives and overlapping groups, behind conditional expressions and splats."""

from wiring.toy import common, config, ops


class BaseModel:
    def __init__(self, architecture: str = "Toy", settings: config.ModelConfig | None = None, layers: int = 8) -> None:
        self.architecture = architecture
        self.config = settings or config.ModelConfig()
        self.context_ops = []
        self.generation_ops = []
        self._num_layers = layers
        self._width = 64


class CompositeModel(BaseModel):
    MODE = common.GEMMQuantMode.float16

    def __init__(self, *args, backend: str = "") -> None:
        super().__init__(*args)
        self._backend = backend
        self._mtp_scale_factor = 0.5
        w = self._width
        tp_size = self.config.tp_size
        divisor = 2

        self.context_ops.extend(
            [
                *(
                    [
                        ops.NCCL(
                            "context_all_gather",
                            self._num_layers,
                            "all_gather",
                            w,
                            tp_size,
                            self.MODE,
                            ring_order=True,
                        )
                    ]
                    if tp_size > 1
                    else []
                ),
                ops.ContextOne("one_gathered", self._num_layers, width=self._width, layers=3),
                ops.ContextOne("one_before", self._num_layers, width=self._width, layers=3),
                ops.FallbackOp(
                    "context_block",
                    primary=ops.Module(
                        "context_module",
                        self._num_layers,
                        w,
                    ),
                    fallback=[
                        ops.GEMM("context_down", self._num_layers, w),
                        ops.Attention(
                            "context_attention",
                            self._num_layers / divisor,
                            w,
                        )
                        if self._backend == "vllm"
                        else ops.MLA(
                            "context_attention",
                            self._num_layers,
                            w,
                        ),
                        ops.GEMM("context_proj", self._num_layers, w),
                    ],
                ),
                ops.ContextOne(
                    "context_one",
                    self._num_layers / divisor if self._backend == "vllm" else self._num_layers,
                    width=self._width,
                    layers=3,
                ),
                ops.ElementWise("context_norm", self._num_layers, w),
            ]
        )

        shared_ops = [
            ops.GEMM("generation_shared_up", self._num_layers * self._mtp_scale_factor, w),
            ops.GenerationOne("one_shared", self._num_layers * self._mtp_scale_factor, width=self._width, layers=3),
            ops.GEMM("generation_shared_down", self._num_layers * self._mtp_scale_factor, w),
        ]
        routed_ops = [
            *(
                [
                    ops.GenerationOne(
                        "one_routed", self._num_layers * self._mtp_scale_factor, width=self._width, layers=3
                    )
                ]
                if self.config.tp_size > 0
                else []
            ),
            ops.GEMM("generation_router", self._num_layers * self._mtp_scale_factor, w),
        ]
        self._groups = (shared_ops, routed_ops)
        self.generation_ops.append(
            ops.GenerationOne("generation_one", self._num_layers * self._mtp_scale_factor, width=self._width, layers=3)
        )
        self.generation_ops.append(ops.OverlapOp("generation_overlap", group_a=routed_ops, group_b=shared_ops))
        self.generation_ops.extend(
            [
                ops.OverlapOp(
                    "generation_rope_overlap",
                    group_a=[
                        ops.BMM(
                            "generation_bmm",
                            self._num_layers * self._mtp_scale_factor,
                            w,
                        ),
                        ops.GenerationOne(
                            "one_bmm", self._num_layers * self._mtp_scale_factor, width=self._width, layers=3
                        ),
                    ],
                    group_b=[
                        ops.ElementWise("generation_rope", self._num_layers * self._mtp_scale_factor, w),
                        ops.GenerationOne(
                            "one_rope", self._num_layers * self._mtp_scale_factor, width=self._width, layers=3
                        ),
                    ],
                ),
            ]
        )
