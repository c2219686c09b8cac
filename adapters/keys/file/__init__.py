"""Keys in a folder, one small wrapped file each: for trial mode and the sandbox, on one machine."""

from adapters.keys.file.provider import FileKeyProvider

__all__ = ["FileKeyProvider"]
