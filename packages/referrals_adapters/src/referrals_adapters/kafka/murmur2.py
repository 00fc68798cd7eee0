"""
The hash by which Kafka's own clients choose a partition for a key.

aiokafka has it for keys of any length, and takes more than twice as long (November 2026, 0.14).
"""

from __future__ import annotations

from struct import Struct
from typing import Final

_WORDS: Final = Struct("<9I")  # the 36 characters of a referral id
_SEED: Final = 0x9747B28C ^ _WORDS.size
_MIX: Final = 0x5BD1E995
_LOW: Final = 0xFFFFFFFF


def murmur2(key: bytes) -> int:
    """
    Return the hash of a referral's id, 31 bits; the partition is what is left of it by division.

    Raises:
        struct.error: The key is no id: it has not 36 bytes.
    """
    hashed = _SEED
    for word in _WORDS.unpack(key):
        mixed = word * _MIX & _LOW
        hashed = (hashed * _MIX ^ (mixed ^ mixed >> 24) * _MIX) & _LOW
    hashed = (hashed ^ hashed >> 13) * _MIX & _LOW
    return (hashed ^ hashed >> 15) & 0x7FFFFFFF
