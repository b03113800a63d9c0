"""The smallest images of each kind, by their first bytes; a test that wants another one adds what it likes."""

import base64

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
EVERY = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0 and so on",
    "image/webp": b"RIFF\x04\0\0\0WEBPVP8 ",
    "image/gif": b"GIF89a and so on",
}
URL = "data:image/png;base64," + base64.b64encode(PNG).decode()
