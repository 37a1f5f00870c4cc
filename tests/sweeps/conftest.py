"""Let the tests of sweeps import their training functions as any project's tests would."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
