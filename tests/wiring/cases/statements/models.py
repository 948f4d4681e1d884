"""Ops that are appended one by one, some of them under a condition."""

from wiring.toy import config, ops


class BaseModel:
    def __init__(self, architecture: str = "Toy", settings: config.ModelConfig | None = None, layers: int = 8) -> None:
        self.architecture = architecture
        self.config = settings or config.ModelConfig()
        self.context_ops = []
        self.generation_ops = []
        self._num_layers = layers
        self._width = 64


class AppendModel(BaseModel):
    def __init__(self, *args) -> None:
        super().__init__(*args)
        w = self._width
        pp_scale_factor = self.config.pp_size - 1

        # embedding
        self.context_ops.append(ops.Embedding("context_embedding", 1, w))
        if self.architecture == "Sliding":
            divisor = 2
            # half of the layers have a window
            self.context_ops.append(
                ops.Attention(
                    "context_attention",
                    self._num_layers / divisor,
                    w,
                    window_size=128,
                )
            )
        else:
            divisor = 1
        self.context_ops.append(ops.Attention("context_attention", self._num_layers / divisor, w))  # all others
        self.context_ops.append(ops.P2P("context_p2p", pp_scale_factor, w))
