"""The wiring that stands in a first spec as a comment: what a model passes for each param, as far as names tell.

The attributes are those that upstream's `BaseModel` sets in every release from 0.6 to 0.11, and its MoE models besides;
tests hold them against the checkouts. A param whose name is none of them gets no guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..spec.model import PhaseName
from .draft import Draft, ParamDraft

_ONE_GPU = "self.config.tp_size"
_BASE = {
    "self._hidden_size": ("hidden_size", "hidden", "hidden_dim", "h", "d_model", "dim", "model_dim", "embed_dim"),
    f"self._inter_size // {_ONE_GPU}": ("inter_size", "intermediate_size", "ffn_size", "ffn_dim", "inter_dim", "d_ff"),
    f"self._num_heads // {_ONE_GPU}": ("num_heads", "n_heads", "heads", "nheads", "num_q_heads", "num_attention_heads"),
    "self._num_kv_heads_per_gpu": ("num_kv_heads", "n_kv_heads", "kv_heads", "num_key_value_heads", "kv_n"),
    "self._head_size": ("head_size", "head_dim", "d_head"),
    "self._vocab_size": ("vocab_size", "vocab"),
    _ONE_GPU: ("tp_size", "tp"),
    "self.config.moe_tp_size": ("moe_tp_size", "moe_tp"),
    "self.config.moe_ep_size": ("moe_ep_size", "moe_ep", "ep_size", "ep"),
}
_MOE = {
    "self._num_experts": ("num_experts", "n_experts", "experts", "num_local_experts"),
    "self._topk": ("topk", "top_k", "num_experts_per_tok"),
    "self._moe_inter_size // self.config.moe_tp_size": ("moe_inter_size", "moe_intermediate_size"),
}
_QUANT = {
    "GEMMQuantMode": "self.config.gemm_quant_mode",
    "MoEQuantMode": "self.config.moe_quant_mode",
    "FMHAQuantMode": "self.config.fmha_quant_mode",
    "KVCacheQuantMode": "self.config.kvcache_quant_mode",
    "CommQuantMode": "self.config.comm_quant_mode",
}
UNKNOWN = ""
"""No value: a wiring that is taken out of its comment without one is refused at this place."""


@dataclass(frozen=True)
class Argument:
    """What a param gets in the example; `known` where its name says so."""

    param: str
    value: str

    @property
    def known(self) -> bool:
        return bool(self.value)


@dataclass(frozen=True)
class Example:
    """Wirings into `model`, behind the attention of each phase."""

    model: str
    phases: tuple[PhaseName, ...]
    arguments: tuple[Argument, ...]

    @property
    def open(self) -> list[str]:
        """Params that only the contributor can say a value for."""
        return [argument.param for argument in self.arguments if not argument.known]


def example(draft: Draft) -> Example:
    """The example for the params of a draft: of an MoE model where one of them is of such a model only."""
    base, moe = _by_name(_BASE), _by_name(_MOE)
    model = "MOEModel" if any(name in moe for name in draft.params) else "LLAMAModel"
    values = base | moe
    arguments = (Argument(name, _QUANT.get(p.type, "") or _size(name, p, values)) for name, p in draft.params.items())
    return Example(model, tuple(draft.used), tuple(arguments))


def _size(name: str, param: ParamDraft, values: Mapping[str, str]) -> str:
    return values.get(name, UNKNOWN) if param.type == "int" else UNKNOWN


def _by_name(table: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {name: value for value, names in table.items() for name in names}
