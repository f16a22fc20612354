"""Keys and signatures of checkpoints: Ed25519."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from karwan.errors import InvalidInput


class Signer:
    """A key that signs, kept in a file only its owner may read; made when first asked for.

    Parameters
    ----------
    path
        File of 32 bytes.

    Raises
    ------
    InvalidInput
        The file holds no key.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            self._write(path)
        content = path.read_bytes()
        if len(content) != 32:
            raise InvalidInput(
                f"{path.name} holds no key.", f"{len(content)} bytes, not 32", "restore it from a copy."
            )
        self._key = Ed25519PrivateKey.from_private_bytes(content)

    @staticmethod
    def _write(path: Path) -> None:
        content = Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)

    @property
    def public(self) -> str:
        """Public key, 64 hexadecimal digits."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def sign(self, message: bytes) -> str:
        """Signature of a message, 128 hexadecimal digits."""
        return self._key.sign(message).hex()


def is_signed(message: bytes, key: str, signature: str) -> bool:
    """Whether a message was signed by the owner of a public key."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True
