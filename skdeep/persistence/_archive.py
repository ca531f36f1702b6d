"""The zip archive: writes its parts, and checks their sizes before reading them."""

import hashlib
import io
import json
import math
import zipfile

import numpy as np

from skdeep.exceptions import FileFormatError
from skdeep.persistence._replacing import replacing

FORMAT = 2
_DESCRIPTION, _DIGEST = "estimator.json", "estimator.sha256"
# Files of format 1 are compressed. Weights are nearly random and hardly shrink: parts
# that are 30 times as large as the file hold no network.
_MOST_GROWTH, _ALWAYS_FINE = 30, 2**20


def write(path, content, parts):
    """Write a description and the parts that it refers to.

    Parameters
    ----------
    path : path-like
    content : dict
        The description; it must be possible to write it as JSON.
    parts : dict of str to bytes
        By name. Their digests are added to the description. The digest of the
        description is a part of its own.
    """
    digests = {name: _sha256(data) for name, data in parts.items()}
    description = json.dumps({"format": FORMAT, **content, "parts": digests}).encode()
    # Not compressed, so that the size of the file bounds the memory that it takes.
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr(_DESCRIPTION, description)
        archive.writestr(_DIGEST, _sha256(description))
        for name, data in parts.items():
            archive.writestr(name, data)


def read(path):
    """The description and the parts of a file, after their digests were checked.

    Returns
    -------
    content : dict
    parts : dict of str to bytes
    """
    with zipfile.ZipFile(path) as archive:
        check_sizes(archive)
        names = archive.namelist()
        if len(set(names)) < len(names):
            raise FileFormatError("The file has several parts of one name.")
        description = archive.read(_DESCRIPTION)
        content = _description(archive, description)
        digests = _digests(content)
        own = {_DESCRIPTION} if content["format"] == 1 else {_DESCRIPTION, _DIGEST}
        if set(names) != {*own, *digests}:
            unknown = sorted(set(names) ^ {*own, *digests})
            raise FileFormatError(
                f"The file has unexpected or missing parts: {unknown}."
            )
        parts = {name: archive.read(name) for name in digests}
    for name, data in parts.items():
        if _sha256(data) != digests[name]:
            raise FileFormatError(f"{name} does not match its digest.")
    return content, parts


def check_sizes(archive):
    """Refuse an archive whose parts would be far larger than it is."""
    size = archive.fp.seek(0, io.SEEK_END)
    declared = sum(part.file_size for part in archive.infolist())
    most = _MOST_GROWTH * size + _ALWAYS_FINE
    if declared > most:
        raise FileFormatError(
            f"The file's parts must have at most {most} bytes, {_MOST_GROWTH} times "
            f"its own. Received {declared}."
        )


def _description(archive, description):
    content = json.loads(description)
    if not isinstance(content, dict) or content.get("format") not in (1, FORMAT):
        known = content if isinstance(content, dict) else {}
        raise FileFormatError(
            f"The file has format {known.get('format')!r}; this version of skdeep "
            f"reads formats 1 and {FORMAT}. It was written by skdeep "
            f"{known.get('skdeep')!r}: install that version or save again."
        )
    has_digest = content["format"] > 1  # format 1 has digests of its arrays only
    if has_digest and archive.read(_DIGEST).decode() != _sha256(description):
        raise FileFormatError(f"{_DESCRIPTION} does not match its digest.")
    return content


def _digests(content):
    if content["format"] == 1:
        numbered = enumerate(content["digests"])
        return {f"arrays/{number}.npy": digest for number, digest in numbered}
    return content["parts"]


def _sha256(data):
    return hashlib.sha256(data).hexdigest()


def array_bytes(array):
    """An array of numbers or texts in NumPy's file format."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def read_array(data):
    """The array; its declared size is checked before memory is allocated."""
    buffer = io.BytesIO(data)
    version = np.lib.format.read_magic(buffer)
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[version]
    shape, fortran, dtype = read_header(buffer)
    size = math.prod(shape) * dtype.itemsize
    if dtype.hasobject or dtype.kind not in "biufUSmM" or min(shape, default=0) < 0:
        raise FileFormatError(f"The file has an array of type {dtype}.")
    if size != len(data) - buffer.tell():
        raise FileFormatError(
            f"An array says that it has {size} bytes. Received {len(data)}."
        )
    array = np.frombuffer(data, dtype, offset=buffer.tell()).copy()
    return array.reshape(shape, order="F" if fortran else "C")
