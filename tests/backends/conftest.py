"""What the tests of backends share."""

from __future__ import annotations

import pytest

# So that a failed assertion of the kit shows the values that it compared.
pytest.register_assert_rewrite("sweeper.testing.backend")
