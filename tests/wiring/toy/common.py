"""The quant modes of the toy models."""

from enum import Enum


class GEMMQuantMode(Enum):
    float16 = 0
    int8_wo = 1
    fp8 = 2
    nvfp4 = 3


class KVCacheQuantMode(Enum):
    float16 = 0
    int8 = 1
    fp8 = 2
