"""What the columns of run-time sizes are usually called. A name only ever suggests."""

from __future__ import annotations

from collections.abc import Collection

BATCH = ("b", "batch", "batch_size", "bs", "batchsize", "num_seqs", "num_requests", "nreq")
SEQUENCE = (
    *("s", "isl", "seq", "seq_len", "seqlen", "sequence_length", "seq_length", "sequence", "kv_len", "context_len"),
    *("input_len", "input_length", "ctx_len", "q_len"),
)
TOKENS = ("x", "num_tokens", "num_token", "tokens", "ntokens", "n_tokens", "token_num", "token_count", "m")
STEP = ("step", "past_kv_len", "past_len", "decode_step")
SIZES = ("message_size", "size", "num_bytes", "numel", "elements", "length")
"""Run-time sizes that count nothing but themselves: queried as `x`."""

_OTHER = {"b": ("s", (*SEQUENCE, *STEP)), "s": ("b", BATCH)}


def other_axis(axis: str, columns: Collection[str]) -> str:
    """The axis that all of `columns` are called like, where it is another than `axis`, which reads them; else ""."""
    other, names = _OTHER.get(axis, ("", ()))
    return other if columns and all(column.lower() in names for column in columns) else ""
