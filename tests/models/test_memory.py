"""Memory in training."""

from __future__ import annotations

import subprocess
import sys

import pytest

FAULTS = """
import resource
import numpy as np
from models.training.memory import keep_freed_memory
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
{call}
np.ones(20_000_000, np.float32)
first = faults()
for _ in range(20):
    np.ones(20_000_000, np.float32)
print(faults() - first)
"""


def page_faults(call: str) -> int:
    done = subprocess.run([sys.executable, "-c", FAULTS.format(call=call)], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has this setting")
def test_freed_memory_is_used_again_instead_of_being_mapped_anew() -> None:
    assert page_faults("keep_freed_memory()") < 0.2 * page_faults("")
