"""Each thread gets what its own command printed, however many ask at once."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from support import warm


def test_threads_do_not_get_each_other_s_answers() -> None:
    def printed(number: int) -> str:
        code = f"import time; time.sleep({0.05 * (number % 3)}); print({number})"
        return warm.run(sys.executable, ["-c", code], env=dict(os.environ)).stdout.strip()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(printed, range(24))) == [str(number) for number in range(24)]
