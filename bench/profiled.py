"""The daemon under a profiler: `python -m bench.profiled CONF-FOLDER STATS-FILE`."""

import asyncio
import cProfile
import sys
from pathlib import Path

from gateway.lifetime import run

if __name__ == "__main__":
    profile = cProfile.Profile()
    profile.enable()
    try:
        asyncio.run(run(Path(sys.argv[1])))
    finally:
        profile.disable()
        profile.dump_stats(sys.argv[2])
