"""The zip file: its parts, and bounds for them before anything is read."""

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
# Files of format 1 are compressed, which random numbers hardly are.
_MOST_GROWTH, _ALWAYS_FINE = 30, 2**20


def write(path, content, parts):
    """Write a description and what it refers to.

    Parameters
    ----------
    path : path-like
    content : dict
        The description, as JSON takes it.
    parts : dict of str to bytes
        By name. The description says their digests; a digest of its own is beside it.
    """
    digests = {name: _sha256(data) for name, data in parts.items()}
    description = json.dumps({"format": FORMAT, **content, "parts": digests}).encode()
    # Stored, not compressed: a file says how much memory it will take.
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr(_DESCRIPTION, description)
        archive.writestr(_DIGEST, _sha256(description))
        for name, data in parts.items():
            archive.writestr(name, data)


def read(path):
    """The description and the parts of a file, unharmed.

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
    sound = content["format"] == 1  # which has a digest of its arrays only
    if not sound and archive.read(_DIGEST).decode() != _sha256(description):
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
    """An array of numbers or of texts as a file of NumPy's."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def read_array(data):
    """The array; its declared size is compared before there is memory for it."""
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
