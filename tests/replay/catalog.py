"""Upstream's ops that are replayed.

Only the standard library is imported here: the module runs inside a release as well.
"""

from __future__ import annotations

from .attention import CONTEXT_ATTENTION, CONTEXT_DSA, ENCODER_ATTENTION, GENERATION_DSA
from .latent import (
    CONTEXT_MLA,
    CONTEXT_MODULE,
    GENERATION_MLA,
    GENERATION_MODULE,
    MLA_BMM,
    WIDEEP_CONTEXT,
    WIDEEP_GENERATION,
)
from .others import DEEPEP_LL, MHC, SCALES, STATES

REPLAYS = (
    *SCALES,
    MLA_BMM,
    CONTEXT_MLA,
    GENERATION_MLA,
    CONTEXT_ATTENTION,
    CONTEXT_DSA,
    GENERATION_DSA,
    WIDEEP_CONTEXT,
    WIDEEP_GENERATION,
    DEEPEP_LL,
    *STATES,
    CONTEXT_MODULE,
    GENERATION_MODULE,
    ENCODER_ATTENTION,
    MHC,
)
BY_NAME = {replay.name: replay for replay in REPLAYS}
