"""The file: a zip of a manifest and the database, ending with the SHA-256 of all before it.

The seal is the zip's own comment, so any unzip reads the file, and one flipped or missing byte
anywhere is noticed before a word of it is believed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from loanfund.domain.errors import BackupError

FORMAT = 1
MANIFEST = "manifest.json"
SEAL_BYTES = 64  # of SHA-256 in hexadecimal
BLOCK = 1 << 20
READABLE_BY_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a database held at the instant of its dump."""

    database: str  # sqlite or postgresql
    revision: str
    rows: dict[str, int]  # by table


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest(Contents):
    """What a backup holds; `parts` gives the size and SHA-256 of each by its name."""

    program: str
    taken_at: datetime
    parts: dict[str, dict[str, Any]]


class Counted:
    """A stream to write to that remembers size and SHA-256 of what went through."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._size = 0
        self._digest = sha256()

    def write(self, block: bytes) -> int:
        self._size += len(block)
        self._digest.update(block)
        return self._stream.write(block)

    def found(self) -> dict[str, Any]:
        return {"size": self._size, "sha256": self._digest.hexdigest()}


@dataclass(frozen=True, slots=True)
class Backup:
    """A file whose seal is whole: its manifest, its own SHA-256, and its parts."""

    manifest: Manifest
    sha256: str
    _archive: ZipFile

    def unpack(self, name: str, target: Path) -> None:
        """Write a part where it can be read; refuse one that is not as the manifest says."""
        try:
            expected = self.manifest.parts[name]
            with self._archive.open(name) as part, target.open("xb") as file:
                found = _copied(part, file.write, limit=expected["size"])
        except (KeyError, BadZipFile, EOFError) as broken:
            raise BackupError("broken") from broken
        if found != expected:
            raise BackupError("broken")


def write_archive(
    path: Path, part: str, dump: Callable[[Counted], Contents], about: dict[str, Any]
) -> Backup:
    """Write a new file that only its owner may read; none is left if anything fails."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, READABLE_BY_OWNER_ONLY)
    except FileExistsError as exists:
        raise BackupError("exists", path=str(path)) from exists
    except OSError as refused:
        raise BackupError("cannot_write", path=str(path), said=refused.strerror) from refused
    try:
        with os.fdopen(handle, "w+b") as file:
            _write_parts(file, part, dump, about)
            _seal(file)
        with opened(path) as backup:
            return backup
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _write_parts(
    file: IO[bytes], part: str, dump: Callable[[Counted], Contents], about: dict[str, Any]
) -> None:
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.comment = b"0" * SEAL_BYTES
        with archive.open(part, "w", force_zip64=True) as packed:
            counted = Counted(packed)
            contents = dump(counted)
        parts = {part: counted.found()}
        manifest = {"format": FORMAT, **about, **asdict(contents), "parts": parts}
        archive.writestr(MANIFEST, json.dumps(manifest, indent=2))


def _seal(file: IO[bytes]) -> None:
    """Replace the zeros at the end by the SHA-256 of all before them, and make it last."""
    file.seek(-SEAL_BYTES, os.SEEK_END)
    size = file.tell()
    file.seek(0)
    file.write(_digest(file, size).hexdigest().encode())
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """Open a backup; one that is broken, cut short or changed is refused."""
    with path.open("rb") as file:
        digest = _believed(file)
        try:
            archive = ZipFile(file)
            manifest = _manifest(archive)
        except (BadZipFile, KeyError, TypeError, ValueError) as broken:
            raise BackupError("broken") from broken
        with archive:
            yield Backup(manifest, digest, archive)


def _believed(file: IO[bytes]) -> str:
    """Give the SHA-256 of a file whose seal agrees with what stands before it."""
    size = file.seek(0, os.SEEK_END) - SEAL_BYTES
    if size <= 0:
        raise BackupError("broken")
    file.seek(0)
    digest = _digest(file, size)
    seal = file.read()
    if seal != digest.hexdigest().encode():
        raise BackupError("broken")
    digest.update(seal)
    return str(digest.hexdigest())


def _manifest(archive: ZipFile) -> Manifest:
    facts = json.loads(archive.read(MANIFEST))
    if facts.pop("format") != FORMAT:
        raise BackupError("newer")
    return Manifest(**facts | {"taken_at": datetime.fromisoformat(facts["taken_at"])})


def _digest(file: IO[bytes], size: int) -> Any:
    digest = sha256()
    while size > 0 and (block := file.read(min(BLOCK, size))):
        digest.update(block)
        size -= len(block)
    return digest


def _copied(part: IO[bytes], write: Callable[[bytes], int], limit: int) -> dict[str, Any]:
    """Copy a part and give its size and SHA-256; it never grows beyond what was promised."""
    digest, size = sha256(), 0
    while block := part.read(BLOCK):
        size += len(block)
        if size > limit:
            raise BackupError("broken")
        digest.update(block)
        write(block)
    return {"size": size, "sha256": digest.hexdigest()}
