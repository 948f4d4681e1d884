"""Words of code for 0.6: a table is a dict or None, and a query finds out by itself what it can answer from."""

from __future__ import annotations

from ....guard.vocabulary import Vocabulary, merged, words
from ..words import METHODS, PLAIN_FILE

WORDS = merged(
    METHODS,
    {
        "loader": PLAIN_FILE,
        "registration": Vocabulary(
            globals=words("data_dir common"),
            attributes=words("PerfDataFilename value {member}"),
            calls=words("os.path.join {loader}"),
        ),
        "query": Vocabulary(
            globals=words("Exception self common"),
            attributes=words("system backend version PerfDataFilename value {member}"),
            calls=words("logger.exception"),
            messages=words("logger.exception"),
        ),
    },
)
