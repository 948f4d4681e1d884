"""The configuration of the toy models."""

from dataclasses import dataclass

from wiring.toy import common


@dataclass
class ModelConfig:
    tp_size: int = 1
    pp_size: int = 1
    gemm_quant_mode: common.GEMMQuantMode = common.GEMMQuantMode.float16
    kvcache_quant_mode: common.KVCacheQuantMode = common.KVCacheQuantMode.float16
    moe_backend: str = "none"
