"""Atomic writes: a new file replaces the old one only when it is complete."""

import contextlib
import io
import os
import secrets
import stat


@contextlib.contextmanager
def replacing(path):
    """A binary file to write, which replaces ``path`` when everything is written.

    At any time ``path`` is either the complete old file or the complete new one: after
    an error, after the process was killed, and for other processes that read it.

    Parameters
    ----------
    path : path-like
        The new file gets the permissions that ``open`` would give.
    """
    path = os.path.realpath(path)  # so that a link stays, and its target is replaced
    mode = _file_mode(path)
    if mode is not None and not stat.S_ISREG(mode):
        # A pipe or a device cannot be replaced. It cannot seek either, so the content
        # is collected before.
        buffer = io.BytesIO()
        yield buffer
        with open(path, "wb") as file:
            file.write(buffer.getvalue())
        return
    temporary = f".skdeep-{secrets.token_hex(8)}.tmp"
    temporary = os.path.join(os.path.dirname(path), temporary)
    try:
        with open(temporary, "xb") as file:
            if mode is not None:
                os.chmod(temporary, stat.S_IMODE(mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _sync_folder(os.path.dirname(path))


def _file_mode(path):
    """The mode of an existing file that may be written to; None without a file."""
    try:
        with open(path, "r+b", buffering=0) as file:  # changes nothing
            return os.fstat(file.fileno()).st_mode
    except FileNotFoundError:
        return None


def _sync_folder(folder):
    """Write the folder to disk, so that the new file survives a power failure."""
    if not hasattr(os, "O_DIRECTORY"):
        return  # Windows cannot sync folders
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # some network drives cannot sync folders; the file itself is written
    finally:
        os.close(descriptor)
