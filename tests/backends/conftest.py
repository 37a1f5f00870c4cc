"""What the tests of backends share."""

from __future__ import annotations

import pytest

# So that a failed assertion of the kit shows the values that it compared.
pytest.register_assert_rewrite(
    *(f"sweeper.testing.{part}" for part in ("answers", "backend", "ends", "opening", "traces"))
)
