"""Counter-based randomness: every number is a pure function of a seed and a name.

No generator holds a position, so that nothing has to be saved or restored. The numbers are
the leading bits of BLAKE2b (RFC 7693), which mixes a counter as well as any generator.
"""

from __future__ import annotations

from hashlib import blake2b

LARGEST_SEED = 2**63 - 1


def _digest(seed: int, names: tuple[object, ...]) -> int:
    text = "/".join([str(seed), *map(str, names)])
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def unit(seed: int, *names: object) -> float:
    """Give a number in [0, 1), the same for the same seed and names.

    Example:
        >>> unit(7, 0, "lr") == unit(7, 0, "lr") != unit(7, 1, "lr")
        True
    """
    return (_digest(seed, names) >> 11) * 2.0**-53


def seed_from(seed: int, *names: object) -> int:
    """Give a seed of 32 bits, which Python, NumPy and torch all accept."""
    return _digest(seed, names) >> 32
