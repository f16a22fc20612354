"""Keys and signatures of checkpoints: Ed25519."""

from __future__ import annotations

import contextlib
import os
import secrets
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
        """A new key, whole or not at all: it is written beside, then given its name unless another was first."""
        content = Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(part, path)
        finally:
            part.unlink()

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
