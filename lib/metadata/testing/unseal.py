"""Opens a sealed value as the controller of SealedSecrets does.

usage: unseal.py <private key, PEM> <label> < sealed value, base64
Written from the controller's format with pyca/cryptography; exit code 3 = cannot be opened.
"""

import base64
import struct
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def main() -> int:
    with open(sys.argv[1], "rb") as file:
        key = serialization.load_pem_private_key(file.read(), password=None)
    data = base64.b64decode(sys.stdin.read(), validate=True)
    (length,) = struct.unpack(">H", data[:2])
    oaep = padding.OAEP(
        mgf=padding.MGF1(algorithm=hashes.SHA256()),
        algorithm=hashes.SHA256(),
        label=sys.argv[2].encode() or None,
    )
    try:
        session = key.decrypt(data[2 : 2 + length], oaep)
        plain = AESGCM(session).decrypt(bytes(12), data[2 + length :], None)
    except (ValueError, InvalidTag):
        return 3
    sys.stdout.buffer.write(plain)
    return 0


sys.exit(main())
